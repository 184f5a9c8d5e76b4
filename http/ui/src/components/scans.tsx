// Scans in lists: one look for their state, progress and figures on every page.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import type { Scan } from "@/api/client";
import { scanNameQuery } from "@/api/hosts";
import { count, countShort, duration, percent } from "@/lib/format";
import { isInterrupted, ranFor, scanTitle, targetsText } from "@/lib/scans";
import { visible } from "@/lib/text";
import { Badge, Time, useNow } from "./basics";
import type { Column } from "./table";
import { isActive, StatusBadge, VerdictBar } from "./verdicts";

/** Where a scan stands; one that was cut off says so. */
export function ScanState({ scan }: { scan: Pick<Scan, "status" | "is_live" | "waits_for"> }) {
  if (isInterrupted(scan)) {
    return (
      <Badge tone="warn" title="It has not ended, and nothing works at it">
        <CircleAlert aria-hidden className="size-3.5" />
        Interrupted
      </Badge>
    );
  }
  return (
    <span title={scan.waits_for ? `Waits for ${scan.waits_for}` : undefined}>
      <StatusBadge status={scan.status} />
    </span>
  );
}

/** A scan on one line: its number and what it is called, as a link. */
export function ScanRef({
  id,
  name,
  title,
}: {
  id: number;
  name: string;
  /** Told when the pointer rests on it. */
  title?: string;
}) {
  return (
    <Link
      to="/scans/$scanId"
      params={{ scanId: String(id) }}
      className="-my-0.5 inline-block max-w-full truncate py-1.5 align-middle hover:underline"
      title={title ?? (name ? `${name} (scan ${id})` : `scan ${id}`)}
    >
      <span className="num text-muted">#{id}</span> <bdi>{name}</bdi>
    </Link>
  );
}

/** The same for rows that know only the number, with its project below when that is wanted. */
export function ScanLink({ id, withProject = false }: { id: number; withProject?: boolean }) {
  const { data } = useQuery(scanNameQuery(id));
  if (data === null) return <span className="num text-muted">#{id} (deleted)</span>;
  return (
    <span className="block min-w-0 leading-4">
      <ScanRef id={id} name={visible(data?.name ?? "")} />
      {withProject && data ? (
        <bdi className="-mt-0.5 block truncate text-xs text-muted">{visible(data.project)}</bdi>
      ) : null}
    </span>
  );
}

/** Its name as a link, and below it what it is of. Names come from users: `bdi` holds their order. */
export function ScanName({ scan, project = false }: { scan: Scan; project?: boolean }) {
  const title = scanTitle(scan);
  const targets = targetsText(scan, 2);
  const about = [
    `#${scan.id}`,
    project ? scan.project_name : null,
    title === targets ? null : targets,
  ];
  return (
    <div className="min-w-0">
      <Link
        to="/scans/$scanId"
        params={{ scanId: String(scan.id) }}
        className="-my-1 block truncate py-1 text-sm font-medium hover:underline"
        title={title}
      >
        <bdi>{title}</bdi>
      </Link>
      <div className="truncate text-xs text-muted" title={about.filter(Boolean).join(" · ")}>
        {about.filter(Boolean).map((part, at) => (
          <span key={part}>
            {at > 0 ? " · " : null}
            <bdi>{part}</bdi>
          </span>
        ))}
      </div>
    </div>
  );
}

/** How much of it is known: the bar of verdicts, and the part that is done in figures. */
export function ScanProgress({ scan }: { scan: Scan }) {
  const { targets_done: done, targets_total: total } = scan.progress;
  return (
    <div className="flex items-center gap-2">
      <VerdictBar verdicts={scan.verdicts} className="flex-1" />
      <span
        className="num w-14 text-right text-xs text-muted"
        title={`${count(done)} of ${count(total)} targets have a verdict`}
      >
        {percent(done, total)}
      </span>
    </div>
  );
}

/** How long it ran, or has run so far. */
export function ScanDuration({ scan }: { scan: Scan }) {
  return isActive(scan.status) && scan.is_live ? (
    <Running scan={scan} />
  ) : (
    <Ran scan={scan} now={Date.now()} />
  );
}

function Running({ scan }: { scan: Scan }) {
  return <Ran scan={scan} now={useNow(1_000)} />;
}

function Ran({ scan, now }: { scan: Scan; now: number }) {
  // One that was cut off did not run until now.
  const ms = isInterrupted(scan) ? null : ranFor(scan, now);
  return <>{ms === null ? <span className="text-muted">–</span> : duration(ms)}</>;
}

const right = { align: "right" } as const;

/** The columns of a list of scans. */
export function scanColumns({ project }: { project: boolean }): Column<Scan>[] {
  return [
    {
      id: "status",
      header: "Status",
      cell: ({ row }) => <ScanState scan={row.original} />,
      meta: { width: 8.5 },
    },
    {
      id: "name",
      header: project ? "Name, project, targets" : "Name, targets",
      cell: ({ row }) => <ScanName scan={row.original} project={project} />,
      meta: { grow: 1 },
    },
    {
      id: "progress",
      header: "Verdicts",
      cell: ({ row }) => <ScanProgress scan={row.original} />,
      meta: { width: 14 },
    },
    {
      id: "targets",
      header: "Targets",
      cell: ({ row }) => (
        <span title={count(row.original.total_targets)}>
          {countShort(row.original.total_targets)}
        </span>
      ),
      meta: { width: 6, ...right },
    },
    {
      id: "up",
      header: "Hosts up",
      cell: ({ row }) => count(row.original.progress.hosts_up),
      meta: { width: 6, ...right },
    },
    {
      id: "ports",
      header: "Open ports",
      cell: ({ row }) => count(row.original.progress.open_ports),
      meta: { width: 7, ...right },
    },
    {
      id: "started",
      header: "Started",
      cell: ({ row }) => <Time at={row.original.started_at ?? row.original.created_at} />,
      meta: { width: 7.5, ...right },
    },
    {
      id: "duration",
      header: "Duration",
      cell: ({ row }) => <ScanDuration scan={row.original} />,
      meta: { width: 7.5, ...right },
    },
  ];
}

/** Pixels of a row of scans: two lines of text. */
export const SCAN_ROW = 52;
/** Pixels that the columns of scans need. */
export const SCAN_WIDTH = 980;
