// The first page: what runs, what ended lately, what needs a person, and what is in use.
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Scan, ScanStatus } from "@/api/client";
import { systemQuery } from "@/api/queries";
import { buttonClass, Card, CardHead, Skeleton, Time } from "@/components/basics";
import { PageHead } from "@/components/page";
import { ScanDuration, ScanName, ScanProgress, ScanState } from "@/components/scans";
import { Failed, LoadingRows } from "@/components/states";
import { isActive } from "@/components/verdicts";
import { count } from "@/lib/format";
import { isInterrupted, needAttention } from "@/lib/scans";
import { Attention, ServerProblems } from "./overview/attention";
import { Capacity } from "./overview/capacity";
import { FirstSteps } from "./overview/first-steps";
import { Running } from "./overview/running";
import { newestScans } from "./scans/queries";

/** Scans that are looked at for what needs attention and what ended lately. */
const NEWEST = 100;
/** Running scans that are shown by themselves. */
const RUNNING = 8;
const ENDED = 8;
const ACTIVE: ScanStatus[] = ["running", "stopping", "paused", "queued"];

/** Scans that have not ended, however old they are. */
function useActive() {
  return useQueries({
    queries: ACTIVE.map((status) => newestScans(status, NEWEST)),
    combine: (results) => ({
      isPending: results.some((result) => result.isPending),
      error: results.find((result) => result.error)?.error ?? null,
      retry: () => {
        for (const result of results) void result.refetch();
      },
      // One that changed its state between two answers is in both: the later state counts.
      scans: [
        ...new Map(
          results.flatMap((result) => result.data ?? []).map((scan) => [scan.id, scan]),
        ).values(),
      ],
    }),
  });
}

export default function Overview() {
  const system = useQuery(systemQuery);
  const newest = useQuery(newestScans(undefined, NEWEST));
  const active = useActive();
  const isEmpty = newest.data?.length === 0;
  // When nothing is answered at all, that is said once.
  const isAway = Boolean(system.error && newest.error) && !system.data && !newest.data;
  return (
    <>
      <PageHead title="Overview" />
      {system.error ? (
        <div className="mb-4">
          <Failed error={system.error} retry={() => void system.refetch()} />
        </div>
      ) : null}
      {system.data ? (
        <>
          <ServerProblems system={system.data} />
          <Capacity system={system.data} />
        </>
      ) : system.error ? null : (
        <Skeleton className="mb-4 h-24 w-full" />
      )}
      {isEmpty ? <FirstSteps system={system.data} /> : null}
      {isEmpty || isAway ? null : <Busy newest={newest} active={active} />}
    </>
  );
}

const linkClass = "inline-flex min-h-7 items-center text-xs underline";

interface BusyProps {
  newest: { data: Scan[] | undefined; error: unknown; refetch: () => unknown };
  active: ReturnType<typeof useActive>;
}

function Busy({ newest, active }: BusyProps) {
  const runs = active.scans.filter((scan) => isActive(scan.status) && !isInterrupted(scan));
  const cut = active.scans.filter(isInterrupted);
  const known = newest.data ?? [];
  const ids = new Set(known.map((scan) => scan.id));
  const undone = needAttention([...cut.filter((scan) => !ids.has(scan.id)), ...known]);
  const ended = known
    .filter((scan) => scan.finished_at)
    .sort((a, b) => Date.parse(b.finished_at ?? "") - Date.parse(a.finished_at ?? ""))
    .slice(0, ENDED);
  return (
    // On a narrow screen what needs a person comes before what is over.
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] xl:grid-rows-[auto_1fr]">
      <div className="min-w-0 xl:col-start-1">
        <Card>
          <CardHead
            title="Running now"
            hint={runs.length > 0 ? count(runs.length) : undefined}
            actions={
              <Link to="/scans" search={{ status: "running" } as never} className={linkClass}>
                In the list
              </Link>
            }
          />
          {active.error ? <Failed error={active.error} retry={active.retry} /> : null}
          {active.isPending && !active.error ? (
            <LoadingRows rows={3} />
          ) : (
            <ul>
              {runs.slice(0, RUNNING).map((scan) => (
                <Running key={scan.id} scan={scan} />
              ))}
            </ul>
          )}
          {!active.isPending && !active.error && runs.length === 0 ? <Idle /> : null}
          {runs.length > RUNNING ? (
            <p className="px-4 py-2 text-xs text-muted">and {count(runs.length - RUNNING)} more</p>
          ) : null}
        </Card>
      </div>
      <div className="min-w-0 xl:col-start-2 xl:row-span-2 xl:row-start-1">
        <Attention scans={undone} isCut={known.length >= NEWEST} />
      </div>
      <div className="min-w-0 xl:col-start-1">
        <Ended scans={ended} newest={newest} />
      </div>
    </div>
  );
}

function Idle() {
  return (
    <div className="flex flex-wrap items-center justify-center gap-3 px-4 py-6 text-sm text-muted">
      Nothing runs.
      <Link to="/scans/new" className={buttonClass("plain", "sm")}>
        New scan
      </Link>
      <Link to="/quick" className={buttonClass("plain", "sm")}>
        Quick scan
      </Link>
    </div>
  );
}

function Ended({ scans, newest }: { scans: Scan[]; newest: BusyProps["newest"] }) {
  return (
    <Card>
      <CardHead
        title="Ended lately"
        actions={
          <Link to="/scans" className={linkClass}>
            All scans
          </Link>
        }
      />
      {newest.error ? <Failed error={newest.error} retry={() => void newest.refetch()} /> : null}
      {newest.data === undefined && !newest.error ? <LoadingRows rows={4} /> : null}
      {newest.data !== undefined && scans.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">No scan has ended yet.</p>
      ) : null}
      <ul>
        {scans.map((scan) => (
          <li
            key={scan.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-b-0 sm:grid-cols-[7rem_minmax(0,1fr)_9rem_8rem]"
          >
            <ScanState scan={scan} />
            <div className="min-w-0 max-sm:order-first">
              <ScanName scan={scan} project />
            </div>
            <div className="max-sm:col-span-2">
              <ScanProgress scan={scan} />
            </div>
            <p className="num text-right text-xs text-muted max-sm:col-span-2 max-sm:text-left">
              <Time at={scan.finished_at} />
              <span className="block max-sm:ml-2 max-sm:inline">
                <ScanDuration scan={scan} />, {count(scan.progress.open_ports)} open
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
