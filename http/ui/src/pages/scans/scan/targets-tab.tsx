// Every target with its verdict: in compact ranges, and why where there is a reason.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import type { Scan, Schemas, Verdict } from "@/api/client";
import { keys } from "@/api/queries";
import { Button, Card, CardHead, cx } from "@/components/basics";
import { Empty, Loaded } from "@/components/states";
import { copyText } from "@/components/text/save";
import { VERDICTS, verdictLook } from "@/components/verdicts";
import { count, counted } from "@/lib/format";
import { visible } from "@/lib/text";
import { useAfter } from "@/live/follow";
import type { LiveScan } from "@/live/scan";
import { targetsQuery } from "./queries";
import { useScanSearch } from "./search";

/** Ranges and reasons that are shown; “Copy” has all of them. */
const SHOWN = 3_000;

const CHANGES: ReadonlySet<string> = new Set(["scan_progress", "scan_complete", "gap"]);

/** The verdict that one most likely asks about. */
function likely(scan: Scan): Verdict {
  const order: Verdict[] = ["unfinished", "timed_out", "unresolved", "up", "down", "excluded"];
  return order.find((verdict) => scan.verdicts[verdict] > 0) ?? "up";
}

export function TargetsTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  const [search, change] = useScanSearch();
  const client = useQueryClient();
  const verdict = search.verdict ?? likely(scan);
  const query = useQuery(targetsQuery(scan.id, verdict));
  useAfter(live, CHANGES, 2_000, () => {
    void client.invalidateQueries({ queryKey: keys.targets(scan.id) });
  });
  return (
    <Card>
      <div
        role="group"
        aria-label="Verdict"
        className="flex flex-wrap gap-1.5 border-b border-line px-4 py-2"
      >
        {VERDICTS.map((look) => (
          <button
            key={look.key}
            type="button"
            aria-pressed={look.key === verdict}
            title={look.means}
            className={cx(
              "inline-flex h-8 items-center gap-1.5 rounded-full border px-3 text-xs",
              look.key === verdict
                ? "border-accent bg-accent-soft font-medium text-accent"
                : "border-line text-muted hover:bg-hover hover:text-text",
            )}
            onClick={() => change({ verdict: look.key })}
          >
            <span aria-hidden className={cx("size-2.5 rounded-full", look.mark)} />
            {look.label}
            <span className="num">{count(scan.verdicts[look.key])}</span>
          </button>
        ))}
      </div>
      <Loaded query={query}>
        {(rows) => {
          const row = rows.find((one) => one.verdict === verdict);
          const look = verdictLook(verdict);
          return row && row.count > 0 ? (
            <OneVerdict row={row} means={look.means} label={look.label} />
          ) : (
            <Empty title={`No target is ${look.label.toLowerCase()}`}>
              {`“${look.label}” means: ${look.means}.`}
            </Empty>
          );
        }}
      </Loaded>
    </Card>
  );
}

function OneVerdict({
  row,
  label,
  means,
}: {
  row: Schemas["TargetsByVerdict"];
  label: string;
  means: string;
}) {
  const { targets, reasons } = row;
  return (
    <>
      <CardHead
        title={`${label}: ${counted(row.count, "target")}`}
        hint={means}
        actions={
          <Button size="sm" onClick={() => void copyText("The targets", targets.join("\n"))}>
            <Copy aria-hidden className="size-3.5" />
            Copy {counted(targets.length, "range")}
          </Button>
        }
      />
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
        tabIndex={0}
        aria-label={`Targets: ${label}`}
        className="grid max-h-[60dvh] grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-x-4 overflow-y-auto px-4 py-3 font-mono text-xs leading-6"
      >
        {targets.slice(0, SHOWN).map((target) => (
          <li key={target} className="truncate" title={visible(target)}>
            {visible(target)}
          </li>
        ))}
      </ul>
      {targets.length > SHOWN ? (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          The first {count(SHOWN)} of {counted(targets.length, "range")}; “Copy” takes all of them.
        </p>
      ) : null}
      {reasons.length > 0 ? <Reasons reasons={reasons} /> : null}
    </>
  );
}

function Reasons({ reasons }: { reasons: Schemas["UnresolvedTarget"][] }) {
  return (
    <section aria-label="Reasons" className="border-t border-line px-4 py-3">
      <h3 className="mb-2 text-sm font-semibold">Why</h3>
      <dl className="grid max-h-80 grid-cols-1 gap-x-4 gap-y-1 overflow-y-auto text-sm sm:grid-cols-[minmax(8rem,16rem)_1fr]">
        {reasons.slice(0, SHOWN).map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same target may stand twice
          <div key={at} className="contents">
            <dt className="truncate font-mono text-xs leading-5" title={visible(one.target)}>
              {visible(one.target)}
            </dt>
            <dd className="min-w-0 break-words text-muted">{visible(one.reason)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
