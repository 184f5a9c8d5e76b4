// Ctrl+K: go to any page, scan or address by typing some of it.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { api, take } from "@/api/client";
import { cx, Input } from "@/components/basics";
import { Dialog } from "@/components/overlays";
import { StatusBadge } from "@/components/verdicts";

interface Entry {
  key: string;
  label: string;
  to: string;
  aside?: React.ReactNode;
}

const PAGES: Entry[] = [
  ["New scan", "/scans/new"],
  ["Overview", "/"],
  ["Projects", "/projects"],
  ["Scans", "/scans"],
  ["Search all scans", "/search"],
  ["Difficult targets", "/difficult"],
  ["Compare two scans", "/compare"],
  ["Profiles", "/profiles"],
  ["Quick scan", "/quick"],
  ["System", "/system"],
].map(([label = "", to = ""]) => ({ key: to, label, to }));

function useEntries(text: string, open: boolean): Entry[] {
  const { data: scans = [] } = useQuery({
    queryKey: ["palette", "scans"],
    queryFn: ({ signal }) =>
      take(api.GET("/api/scans", { params: { query: { limit: 50 } }, signal })),
    enabled: open,
    staleTime: 5_000,
  });
  const wanted = text.trim().toLowerCase();
  const has = (value: string) => value.toLowerCase().includes(wanted);
  const found: Entry[] = PAGES.filter((page) => has(page.label));
  for (const scan of scans) {
    const label = `Scan ${scan.id}${scan.name ? `: ${scan.name}` : ""}`;
    if (wanted !== "" && (has(label) || has(scan.targets.join(" ")))) {
      found.push({
        key: `scan${scan.id}`,
        label,
        to: `/scans/${scan.id}`,
        aside: <StatusBadge status={scan.status} />,
      });
    }
  }
  if (wanted !== "") {
    found.push({
      key: "search",
      label: `Search all hosts for “${text.trim()}”`,
      to: `/search?q=${encodeURIComponent(text.trim())}`,
    });
  }
  return found.slice(0, 12);
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
            <span className="truncate">{entry.label}</span>
            {entry.aside}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
