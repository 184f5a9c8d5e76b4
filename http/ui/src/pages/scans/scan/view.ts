// A scan as it is shown: the server's answer, and over it what events have told since.
import type { Batch, Scan, ScanStatus, VerdictCounts } from "@/api/client";
import { count, counted, duration, shell } from "@/lib/format";
import type { LiveBatch, ScanModel } from "@/live/scan";

export function merged(scan: Scan, model: ScanModel | null): Scan {
  if (!model) return scan;
  const waits = model.status === "running" ? model.waiting : null;
  return {
    ...scan,
    status: model.status ?? scan.status,
    progress: model.progress ?? scan.progress,
    verdicts: model.verdicts ?? scan.verdicts,
    waits_for: waits ?? scan.waits_for,
    error: model.error ?? scan.error,
    finished_at: model.endedAt ?? scan.finished_at,
  };
}

export function totalOf(verdicts: VerdictCounts): number {
  return Object.values(verdicts).reduce((sum, one) => sum + one, 0);
}

/** How long it is still likely to take: `4 min 05 s to 7 min 10 s`; null when nobody knows. */
export function etaBand(eta?: number | null, p90?: number | null): string | null {
  if (eta === null || eta === undefined) return null;
  const low = duration(round(eta));
  const high = p90 === null || p90 === undefined ? low : duration(round(Math.max(p90, eta)));
  return low === high ? `about ${low}` : `${low} to ${high}`;
}

/** Whole seconds: a guess is not known to the millisecond. */
function round(ms: number): number {
  return Math.max(1_000, Math.round(ms / 1_000) * 1_000);
}

/** How many batches run at once: a number that is tuned holds for the beginning only. */
export function atOnceText(scan: Pick<Scan, "concurrency" | "tuning">): string {
  return scan.tuning.concurrency
    ? `${count(scan.concurrency)} at first, then tuned`
    : `at most ${count(scan.concurrency)} at once`;
}

/** How large batches are, and how many run at once. */
export function batchesText(scan: Pick<Scan, "chunk_size" | "concurrency" | "tuning">): string {
  const { tuning } = scan;
  const size = `${counted(scan.chunk_size, "address", "addresses")} each`;
  const atOnce = `${count(scan.concurrency)} at once`;
  if (tuning.chunk_size && tuning.concurrency)
    return `${size} and ${atOnce} at first, then both tuned`;
  const tuned = (text: string, isTuned: boolean) =>
    isTuned ? `${text} at first, then tuned` : text;
  return `${tuned(size, tuning.chunk_size)}; ${tuned(atOnce, tuning.concurrency)}`;
}

export function isEnded(status: ScanStatus): boolean {
  return status === "completed" || status === "stopped" || status === "failed";
}

/** A scan that has not ended, and that nothing works on: the server was stopped meanwhile. */
export function isInterrupted(scan: Scan): boolean {
  return !isEnded(scan.status) && !scan.is_live && scan.status !== "queued";
}

/** A batch as lists show it: the server's row with what events told since. */
export interface BatchRow {
  id: number;
  status: Batch["status"];
  parent: number | null;
  attempt: number;
  lane: string;
  targets: string[];
  /** Null while only an event has told of it. */
  count: number | null;
  percent: number | null;
  phase: string | null;
  etaMs: number | null;
  startedAt: string | null;
  endedAt: string | null;
  up: number;
  open: number;
  reason: string | null;
}

function over(row: BatchRow, live: LiveBatch | undefined): BatchRow {
  if (!live) return row;
  const status = live.status ?? row.status;
  return {
    ...row,
    status,
    attempt: live.attempt ?? row.attempt,
    parent: live.parent ?? row.parent,
    targets: row.targets.length > 0 ? row.targets : (live.targets ?? []),
    percent: status === "running" ? live.percent : null,
    phase: status === "running" ? live.phase : null,
    etaMs: status === "running" ? live.etaMs : null,
    startedAt: row.startedAt ?? live.startedAt,
    endedAt: status === "running" || status === "queued" ? null : (live.endedAt ?? row.endedAt),
    up: live.summary?.hosts_up ?? row.up,
    open: live.summary?.open_ports ?? row.open,
    reason: live.reason ?? row.reason,
  };
}

function fromServer(batch: Batch): BatchRow {
  return {
    id: batch.id,
    status: batch.status,
    parent: batch.parent_batch_id ?? null,
    attempt: batch.attempt ?? 0,
    lane: batch.lane,
    targets: batch.targets,
    count: batch.target_count,
    percent: null,
    phase: null,
    etaMs: null,
    startedAt: batch.started_at ?? null,
    endedAt: batch.finished_at ?? null,
    up: batch.summary.hosts_up,
    open: batch.summary.open_ports,
    // Of a batch that ended well there is nothing to explain.
    reason: batch.status === "completed" ? null : (batch.detail ?? null),
  };
}

const UNKNOWN: Omit<BatchRow, "id"> = {
  status: "queued",
  parent: null,
  attempt: 0,
  lane: "main",
  targets: [],
  count: null,
  percent: null,
  phase: null,
  etaMs: null,
  startedAt: null,
  endedAt: null,
  up: 0,
  open: 0,
  reason: null,
};

/** All batches, in the order of their numbers. */
export function batchRows(
  batches: readonly Batch[],
  live: ReadonlyMap<number, LiveBatch>,
): BatchRow[] {
  const rows = batches.map((batch) => over(fromServer(batch), live.get(batch.id)));
  if (live.size > 0) {
    const known = new Set(batches.map((batch) => batch.id));
    for (const one of live.values()) {
      if (!known.has(one.id)) rows.push(over({ ...UNKNOWN, id: one.id }, one));
    }
  }
  return rows.sort((a, b) => a.id - b.id);
}

/** `10.0.0.0/24, 10.0.2.1 +3 more`: enough to know it by. */
export function someOf(targets: readonly string[], most = 3): string {
  const shown = targets.slice(0, most).join(", ");
  return targets.length > most ? `${shown} +${count(targets.length - most)} more` : shown;
}

/** The scan as one nmap command for a shell: without the pipe to netscan, with its targets. */
export function commandOf(scan: Pick<Scan, "argv" | "targets" | "exclude">): string {
  const { argv, exclude, targets } = scan;
  const own = argv.filter(
    (word, at) =>
      !word.startsWith("/dev/fd/") && !(word === "-oX" && argv[at + 1]?.startsWith("/dev/fd/")),
  );
  const without = exclude.length > 0 ? ["--exclude", exclude.join(",")] : [];
  return shell([...own, ...without, ...targets]);
}
