// Keys of a scan's page. Those of one letter can be turned off (WCAG 2.1.4), and none of them is
// taken from a field, from a browser or (with Ctrl, Alt or Meta) from the system.
import { useEffect, useRef, useState } from "react";
import { Key } from "@/components/basics";
import { Dialog } from "@/components/overlays";

const OFF = "netscan.single-keys-off";

function areOn(): boolean {
  return localStorage.getItem(OFF) === null;
}

/** Whether a key press is meant for the page, not for a field, a dialog or the browser. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return false;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return true;
  if (target.isContentEditable) return false;
  return !target.closest("input,textarea,select,[role=dialog],[role=menu]");
}

/** `1` to `7` go to a tab, `?` shows the keys. */
export function useTabKeys(onTab: (index: number) => void, onHelp: () => void): void {
  const latest = useRef({ onTab, onHelp });
  latest.current = { onTab, onHelp };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isForPage(event) || !areOn()) return;
      if (event.key === "?") latest.current.onHelp();
      else if (/^[1-7]$/.test(event.key)) latest.current.onTab(Number(event.key) - 1);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

const KEYS: [string, [string[], string][]][] = [
  [
    "Everywhere on this page",
    [
      [["1", "…", "7"], "go to a tab, from Overview to Targets"],
      [["?"], "show these keys"],
      [["Ctrl", "K"], "go to any page, scan or host"],
    ],
  ],
  [
    "In the log and in raw output, while it has the focus",
    [
      [["/"], "search"],
      [["Enter"], "in the search field: next match; with Shift the one before"],
      [["n"], "next match"],
      [["N"], "match before"],
      [["f"], "follow the newest line"],
      [["p"], "pause, and go on"],
      [["w"], "wrap long lines"],
      [["Home", "End"], "first and last line"],
    ],
  ],
  [
    "In the map, while it has the focus",
    [
      [["←", "↑", "→", "↓"], "go from block to block"],
      [["Enter"], "zoom into the block"],
      [["Backspace"], "zoom out"],
    ],
  ],
  [
    "In the tree of batches, while it has the focus",
    [
      [["↑", "↓"], "go from batch to batch"],
      [["→", "←"], "open and close what a batch was split into"],
      [["Enter"], "open the batch"],
    ],
  ],
];

export function ShortcutsDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const [on, setOn] = useState(areOn);
  const turn = (value: boolean) => {
    if (value) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    setOn(value);
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keys">
      <div className="flex flex-col gap-4 text-sm">
        {KEYS.map(([place, keys]) => (
          <section key={place}>
            <h3 className="mb-1 font-semibold">{place}</h3>
            <dl className="grid grid-cols-[9rem_1fr] gap-y-1">
              {keys.map(([signs, means]) => (
                <div key={means} className="contents">
                  <dt className="flex items-center gap-1">
                    {signs.map((sign) => (
                      <Key key={sign}>{sign}</Key>
                    ))}
                  </dt>
                  <dd>{means}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <label className="flex min-h-7 items-center gap-2">
          <input
            type="checkbox"
            className="size-4"
            checked={on}
            onChange={(event) => turn(event.target.checked)}
          />
          Keys of the whole page (1 to 7, ?) are on
        </label>
      </div>
    </Dialog>
  );
}
