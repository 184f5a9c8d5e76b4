// Ctrl+K: go to any page, scan or address by typing some of it.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { api, take } from "@/api/client";
import { cx, Input } from "@/components/basics";
import { Dialog } from "@/components/overlays";
import { StatusBadge } from "@/components/verdicts";
import { type Entry, entriesFor } from "./places";

function useEntries(text: string, open: boolean) {
  const { data: scans = [] } = useQuery({
    queryKey: ["palette", "scans"],
    queryFn: ({ signal }) =>
      take(api.GET("/api/scans", { params: { query: { limit: 50 } }, signal })),
    enabled: open,
    staleTime: 5_000,
  });
  return entriesFor(text, scans);
}

export function CommandPalette({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const list = useId();
  const entries = useEntries(text, open);
  const chosen = Math.min(at, entries.length - 1);
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    onOpenChange(false);
    setText("");
    void navigate({ href: entry.to });
  };
  const press = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, entries.length));
    else if (event.key === "ArrowUp")
      setAt((chosen - 1 + entries.length) % Math.max(1, entries.length));
    else if (event.key === "Enter") go(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Go to">
      <Input
        autoFocus
        role="combobox"
        aria-label="Page, scan or host"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={entries[chosen] ? `${list}-${chosen}` : undefined}
        placeholder="A page, a scan's number or name, an address"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div id={list} role="listbox" aria-label="Found" className="mt-3 flex flex-col">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keyboard
          <div
            key={entry.key}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={cx(
              "flex cursor-pointer items-center justify-between gap-3 rounded px-2.5 py-2 text-sm",
              index === chosen && "bg-hover",
            )}
            onClick={() => go(entry)}
            onPointerMove={() => setAt(index)}
          >
            <bdi className="truncate" title={entry.label}>
              {entry.label}
            </bdi>
            {entry.status ? <StatusBadge status={entry.status} /> : null}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
