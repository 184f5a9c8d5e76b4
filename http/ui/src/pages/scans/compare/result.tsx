// What differs between two scans: figures, filters, and the list.
import { ArrowDownToLine, RefreshCw } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { apiUrl } from "@/api/client";
import { Button, Card, Notice, Skeleton } from "@/components/basics";
import { LaterInput } from "@/components/filters";
import { Menu } from "@/components/overlays";
import { Empty, Failed } from "@/components/states";
import { isActive, VerdictBar } from "@/components/verdicts";
import { CHANGES, type Change, type DiffSide, matches } from "@/lib/diff";
import { count, counted } from "@/lib/format";
import { visible } from "@/lib/text";
import type { CompareValues } from "../compare";
import { DiffList, portCounts } from "./diff-list";
import { KindToggles } from "./kinds";
import { type Reading, useDiff } from "./use-diff";

interface Props {
  a: number;
  b: number;
  values: CompareValues;
  set: (change: CompareValues) => void;
}

export function Result({ a, b, values, set }: Props) {
  const [diff, again] = useDiff(a, b);
  const kinds = useMemo(
    () => CHANGES.filter((one) => values.kinds?.split(",").includes(one)),
    [values.kinds],
  );
  const text = values.q ?? "";
  const all = useDeferredValue(diff.hosts);
  const hosts = useMemo(
    () => all.filter((host) => matches(host, { kinds, text })),
    [all, kinds, text],
  );
  const onKinds = (next: Change[]) => set({ kinds: next.join(",") || undefined });
  const isNarrowed = kinds.length > 0 || text !== "";
  return (
    <>
      {diff.error ? <Failed error={diff.error} retry={again} /> : null}
      {diff.sides ? (
        <>
          <Sides before={diff.sides.before} after={diff.sides.after} again={again} />
          <KindToggles summary={diff.summary} sides={diff.sides} kinds={kinds} onKinds={onKinds} />
          <div className="flex flex-wrap items-center gap-2">
            <LaterInput
              type="search"
              aria-label="Find in the differences"
              placeholder="Address, name, port, service"
              className="max-w-72"
              value={text}
              onValue={(next) => set({ q: next || undefined })}
            />
            {diff.summary ? (
              <p className="num text-xs text-muted">
                Ports of hosts up in both: {portCounts(diff.summary)}.
              </p>
            ) : null}
            <div className="ml-auto">
              <DownloadMenu a={a} b={b} />
            </div>
          </div>
          {hosts.length > 0 ? (
            <DiffList
              hosts={hosts}
              before={a}
              after={b}
              hint={hintOf(diff, isNarrowed, hosts.length)}
            />
          ) : diff.phase === "reading" ? (
            <Card className="p-4">
              <p role="status" className="text-sm text-muted">
                Comparing
              </p>
            </Card>
          ) : isNarrowed && diff.hosts.length > 0 ? (
            <Empty
              title="No difference matches"
              action={
                <Button onClick={() => set({ kinds: undefined, q: undefined })}>
                  Show all differences
                </Button>
              }
            />
          ) : diff.phase === "done" ? (
            <Nothing diff={diff} />
          ) : null}
        </>
      ) : diff.phase === "reading" ? (
        <div role="status" aria-label="Comparing" className="flex flex-col gap-3">
          <Skeleton className="h-20 w-full" />
          <Skeleton className="h-16 w-full" />
          <Skeleton className="h-64 w-full" />
        </div>
      ) : null}
    </>
  );
}

/** What the shown hosts are, after their number. */
function hintOf(diff: Reading, isNarrowed: boolean, shown: number): string {
  const one = (isNarrowed ? diff.hosts.length : shown) === 1;
  const what = `that ${one ? "differs" : "differ"}, or that one scan only knows`;
  const of = isNarrowed ? `of ${count(diff.hosts.length)} ${what}` : what;
  if (diff.phase === "reading") return `${of} so far, still comparing`;
  if (diff.phase === "failed") return `${of}, as far as the answer came`;
  return diff.dropped > 0
    ? `${of}; ${count(diff.dropped)} more have no room here: download the comparison for those`
    : of;
}

function Nothing({ diff }: { diff: Reading }) {
  const same = diff.summary?.hosts_same ?? 0;
  return (
    <Empty title="Nothing differs">
      {same > 0
        ? `${counted(same, "host")} that both found up ${same === 1 ? "is" : "are"} the same, port by port.`
        : "No host is known to be up in either of them. That is not to say that they are the same: they may share no target."}
    </Empty>
  );
}

/** The two scans with what each knows, so that a difference is not read for more than it is. */
function Sides({ before, after, again }: { before: DiffSide; after: DiffSide; again: () => void }) {
  const going = [before, after].filter((side) => isActive(side.status));
  const partial = [before, after].filter(
    (side) => !isActive(side.status) && side.verdicts.unfinished > 0,
  );
  return (
    <>
      <Card className="grid gap-x-6 gap-y-3 p-4 md:grid-cols-2">
        {[before, after].map((side) => (
          <div key={side.scan_id} className="flex min-w-0 flex-col gap-1.5">
            <p className="truncate text-sm">
              <span className="num text-muted">#{side.scan_id}</span>{" "}
              <bdi className="font-medium">{visible(side.name ?? "")}</bdi>{" "}
              <span className="num text-muted">
                {count(side.verdicts.up)} up, {count(side.verdicts.down)} down
                {side.verdicts.unfinished > 0
                  ? `, ${count(side.verdicts.unfinished)} unfinished`
                  : ""}
              </span>
            </p>
            <VerdictBar verdicts={side.verdicts} />
          </div>
        ))}
      </Card>
      {going.length > 0 ? (
        <Notice
          tone="warn"
          actions={
            <Button size="sm" onClick={again}>
              <RefreshCw aria-hidden className="size-3.5" />
              Compare anew
            </Button>
          }
        >
          {going.map((side) => `#${side.scan_id}`).join(" and ")} has not ended: this compares what
          was known when the page asked.
        </Notice>
      ) : null}
      {partial.length > 0 ? (
        <Notice tone="warn">
          {partial.map((side) => `#${side.scan_id}`).join(" and ")} left targets unfinished: of
          those nothing is known, and they show as unknown.
        </Notice>
      ) : null}
    </>
  );
}

function DownloadMenu({ a, b }: { a: number; b: number }) {
  const url = (format: string) => apiUrl(`/api/scans/${a}/diff/${b}`, { format });
  return (
    <Menu
      trigger={
        <Button size="sm">
          <ArrowDownToLine aria-hidden className="size-3.5" />
          Download
        </Button>
      }
      items={[
        { label: "JSON", href: url("json") },
        { label: "JSON lines", href: url("jsonl") },
      ]}
    />
  );
}
