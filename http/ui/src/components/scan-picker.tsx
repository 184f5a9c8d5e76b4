// Chooses a scan by typing some of its name, number, project or targets.
import { Combobox } from "@base-ui/react/combobox";
import { ChevronsUpDown } from "lucide-react";
import type { Scan } from "@/api/client";
import { visible } from "@/lib/text";
import { cx, Time } from "./basics";
import { StatusBadge } from "./verdicts";

/** A scan on one line. */
function scanLabel(scan: Scan): string {
  const name = scan.name ?? scan.targets.slice(0, 3).join(" ");
  return visible(`#${scan.id} ${name}`);
}

function has(scan: Scan, query: string): boolean {
  const text = `#${scan.id} ${scan.name ?? ""} ${scan.project_name} ${scan.targets.join(" ")}`;
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

/** Scans that the list shows at once; typing finds the others. */
const SHOWN = 60;

export function ScanPicker({
  id,
  label,
  scans,
  value,
  onValue,
}: {
  id: string;
  label: string;
  scans: Scan[];
  value: Scan | null;
  onValue: (scan: Scan | null) => void;
}) {
  return (
    <Combobox.Root
      items={scans}
      value={value}
      onValueChange={onValue}
      itemToStringLabel={scanLabel}
      isItemEqualToValue={(one, other) => one.id === other.id}
      filter={(scan: Scan, query) => (value && query === scanLabel(value)) || has(scan, query)}
      limit={SHOWN}
      autoHighlight
    >
      <div className="flex min-w-0 flex-col gap-1">
        <label htmlFor={id} className="text-xs font-medium text-muted">
          {label}
        </label>
        <div className="relative">
          <Combobox.Input
            id={id}
            placeholder="A scan's number, name or target"
            className="h-9 w-full truncate rounded-md border border-line-strong bg-surface pr-9 pl-2.5 text-sm placeholder:text-muted"
          />
          <Combobox.Trigger
            aria-label={`${label}: show scans`}
            className="absolute inset-y-0 right-0 inline-flex w-9 items-center justify-center text-muted hover:text-text"
          >
            <ChevronsUpDown aria-hidden className="size-4" />
          </Combobox.Trigger>
        </div>
      </div>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} className="z-50">
          <Combobox.Popup className="max-h-[min(24rem,var(--available-height))] w-[max(var(--anchor-width),min(30rem,calc(100vw-2rem)))] overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-raised outline-none">
            <Combobox.Empty className="px-3 py-4 text-sm text-muted empty:hidden">
              No scan matches.
            </Combobox.Empty>
            <Combobox.List>
              {(scan: Scan) => (
                <Combobox.Item
                  key={scan.id}
                  value={scan}
                  className="flex cursor-pointer items-center gap-3 rounded px-2.5 py-1.5 text-sm outline-none data-highlighted:bg-hover data-selected:font-medium"
                >
                  <ScanLines scan={scan} />
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

/** A scan on two lines: what it is called, and of what and when it is. */
export function ScanLines({ scan, className }: { scan: Scan; className?: string }) {
  const label = scanLabel(scan);
  const about = visible(`${scan.project_name} · ${scan.targets.slice(0, 3).join(" ")}`);
  return (
    <>
      <span className={cx("min-w-0 flex-1", className)}>
        <bdi className="block truncate" title={label}>
          {label}
        </bdi>
        <bdi className="block truncate text-xs text-muted" title={about}>
          {about}
        </bdi>
      </span>
      <span className="flex shrink-0 flex-col items-end gap-0.5 text-xs text-muted">
        <StatusBadge status={scan.status} />
        <Time at={scan.started_at ?? scan.created_at} />
      </span>
    </>
  );
}
