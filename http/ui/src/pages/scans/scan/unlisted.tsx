// Targets of which no host is kept: those down, excluded or without an address, in compact ranges.
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { targetsQuery } from "@/api/hosts";
import { Card, CardHead } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { Empty, Loaded } from "@/components/states";
import { verdictLook } from "@/components/verdicts";
import { counted } from "@/lib/format";
import { visible } from "@/lib/text";

interface Row {
  target: string;
  reason: string | null;
}

export function UnlistedTargets({
  scanId,
  verdict,
}: {
  scanId: number;
  verdict: "down" | "excluded" | "unresolved";
}) {
  const query = useQuery(targetsQuery(scanId, verdict));
  const look = verdictLook(verdict);
  return (
    <Loaded query={query}>
      {(found) => {
        const why = new Map(
          found.flatMap((one) => one.reasons.map((of) => [of.target, of.reason] as const)),
        );
        const rows = found.flatMap((one) =>
          one.targets.map((target): Row => ({ target, reason: why.get(target) ?? null })),
        );
        const hosts = found.reduce((sum, one) => sum + one.count, 0);
        return (
          <Card>
            <CardHead
              title={`${look.label}: ${counted(hosts, "target")}`}
              hint={`${look.means}; of these no host is kept, so that other filters do not apply`}
              actions={
                rows.length > 0 ? (
                  <CopyButton text={rows.map((row) => row.target).join("\n")} label="Copy ranges" />
                ) : null
              }
            />
            {rows.length === 0 ? (
              <Empty title={`No target is ${look.label.toLowerCase()}`}>
                Choose another verdict above.
              </Empty>
            ) : (
              <Ranges rows={rows} label={`Targets that are ${look.label.toLowerCase()}`} />
            )}
          </Card>
        );
      }}
    </Loaded>
  );
}

function Ranges({ rows, label }: { rows: Row[]; label: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 30,
    overscan: 20,
  });
  return (
    <div
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
      tabIndex={0}
      role="list"
      aria-label={label}
      className="max-h-[70dvh] overflow-auto"
    >
      <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              key={item.key}
              role="listitem"
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              className="absolute inset-x-0 flex items-center gap-4 border-b border-line px-4 text-sm"
              style={{ height: 30, transform: `translateY(${item.start}px)` }}
            >
              <bdi className="num truncate font-medium">{visible(row.target)}</bdi>
              {row.reason ? (
                <span className="truncate text-muted">{visible(row.reason)}</span>
              ) : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
