// A scan as it stands: what the server told when the page was opened, and every event since.
import { useEffect, useState, useSyncExternalStore } from "react";
import type { EventFrame, Schemas } from "../api/client";
import { FIRST, Link, type LinkState } from "./connection";
import { LogHistory } from "./history";
import { LogBuffer, type LogLine } from "./log";
import { SAMPLES_MAX, type Sample } from "./rates";
import { Throttle } from "./throttle";

export type LiveEvent = EventFrame | Schemas["ConnectionEvent"];
type Of<Name extends string> = Extract<LiveEvent, { event: Name }>;

/** A batch, as far as events of this connection tell; null where they told nothing. */
export interface LiveBatch {
  id: number;
  status: Schemas["BatchStatus"] | null;
  attempt: number | null;
  parent: number | null;
  targets: string[] | null;
  percent: number | null;
  phase: string | null;
  etaMs: number | null;
  startedAt: string | null;
  endedAt: string | null;
  summary: Schemas["BatchSummary"] | null;
  /** Why it failed, is tried again or was split. */
  reason: string | null;
}

/** A host with what was found, newest last. */
export interface Finding {
  seq: number;
  ts: string;
  address: string;
  hostname: string | null;
  verdict: Schemas["Verdict"];
  ports: Schemas["OpenPort"][];
  batch: number;
}

/** What a part of the page may follow. */
export type Part = "scan" | "batches" | "log" | "timeline" | "findings" | "link";

/** Findings and events of the timeline that are kept; the rest is on the server. */
const FINDINGS_MAX = 500;
const TIMELINE_MAX = 5_000;

/** The state, and how each event changes it. No clock, no socket. */
export class ScanModel {
  status: Schemas["ScanStatus"] | null = null;
  progress: Schemas["Progress"] | null = null;
  verdicts: Schemas["VerdictCounts"] | null = null;
  /** What the scan waits for, in words; null while it does not. */
  waiting: string | null = null;
  error: string | null = null;
  /** When it ended, as the server says it of the scan too. */
  endedAt: string | null = null;
  /** The newest event of the scan when the first connection began: those after it come live. */
  connectedAt: number | null = null;
  /** As `connectedAt`, for what `timeline` holds: later once the oldest have left it. */
  timelineFrom: number | null = null;
  readonly batches = new Map<number, LiveBatch>();
  readonly log = new LogBuffer();
  readonly timeline: EventFrame[] = [];
  readonly findings: Finding[] = [];
  /** Grows with each change of a part. */
  readonly versions: Record<Part, number> = {
    scan: 0,
    batches: 0,
    log: 0,
    timeline: 0,
    findings: 0,
    link: 0,
  };

  /** The newest event that was taken in, or that was there when the connection began. */
  lastSeq: number | null = null;

  apply(event: LiveEvent): void {
    if ("seq" in event) this.lastSeq = event.seq;
    switch (event.event) {
      case "connected":
        this.connectedAt ??= event.last_seq ?? null;
        this.timelineFrom ??= this.connectedAt;
        this.lastSeq ??= this.connectedAt;
        if (event.status) this.#stands(event.status);
        return;
      case "gap":
        this.#forget();
        return;
      case "line":
        this.log.push(lineOf(event));
        this.versions.log += 1;
        return;
      case "scan_progress":
        this.progress = event.progress;
        this.verdicts = event.verdicts;
        this.versions.scan += 1;
        return;
      case "batch_progress":
        this.#batch(event.batch_id, {
          // Only what runs tells of progress; its start may have been before this connection.
          status: "running",
          percent: event.percent,
          phase: event.phase,
          etaMs: event.eta_ms ?? null,
        });
        return;
      case "host":
        this.#finding(event);
        return;
      default:
        this.#note(event);
        this.#told(event);
    }
  }

  #told(event: EventFrame): void {
    switch (event.event) {
      case "batch_start":
        this.#batch(event.batch_id, {
          status: "running",
          attempt: event.attempt,
          parent: event.parent_batch_id ?? null,
          targets: event.targets,
          percent: null,
          startedAt: event.ts,
          endedAt: null,
        });
        return;
      case "batch_complete":
        this.#batch(event.batch_id, {
          status: "completed",
          summary: event.summary,
          endedAt: event.ts,
        });
        return;
      case "batch_failed":
        this.#batch(event.batch_id, {
          status: event.will_retry ? "retrying" : event.will_split ? "split" : "failed",
          reason: event.detail,
          endedAt: event.ts,
        });
        return;
      case "batch_split":
        this.#batch(event.batch_id, { status: "split", reason: event.reason, endedAt: event.ts });
        for (const child of event.children) {
          this.#batch(child.batch_id, {
            status: "queued",
            parent: event.batch_id,
            targets: child.targets,
          });
        }
        return;
      case "batch_stopped":
        this.#batch(event.batch_id, { status: "stopped", endedAt: event.ts });
        return;
      case "scan_started":
      case "scan_resumed":
      case "scan_recovered":
        this.#stands("running");
        return;
      case "scan_paused":
        this.#stands("paused");
        return;
      case "scan_stopping":
        this.#stands("stopping");
        return;
      case "scan_waiting":
        this.waiting = event.detail;
        this.versions.scan += 1;
        return;
      case "scan_ready":
        this.waiting = null;
        this.versions.scan += 1;
        return;
      case "scan_complete":
        this.verdicts = event.verdicts;
        this.progress = endOf(event);
        this.error = event.error ?? null;
        this.endedAt = event.ts;
        this.#stands(event.status);
    }
  }

  #stands(status: Schemas["ScanStatus"]): void {
    this.status = status;
    if (status !== "running") this.waiting = null;
    this.versions.scan += 1;
  }

  /** Events are lost for good: what the server answers next counts, not what was told before. */
  #forget(): void {
    this.status = null;
    this.progress = null;
    this.verdicts = null;
    this.waiting = null;
    this.endedAt = null;
    this.batches.clear();
    for (const part of ["scan", "batches"] as const) this.versions[part] += 1;
  }

  #batch(id: number, change: Partial<LiveBatch>): void {
    const known = this.batches.get(id) ?? {
      id,
      status: null,
      attempt: null,
      parent: null,
      targets: null,
      percent: null,
      phase: null,
      etaMs: null,
      startedAt: null,
      endedAt: null,
      summary: null,
      reason: null,
    };
    this.batches.set(id, { ...known, ...change });
    this.versions.batches += 1;
  }

  #finding(event: Of<"host">): void {
    this.findings.push(findingOf(event));
    if (this.findings.length > FINDINGS_MAX) this.findings.shift();
    this.versions.findings += 1;
  }

  #note(event: EventFrame): void {
    this.timeline.push(event);
    if (this.timeline.length > TIMELINE_MAX) {
      // Many at once, as what is older is asked for anew then.
      const gone = this.timeline.splice(0, TIMELINE_MAX / 2);
      this.timelineFrom = gone.at(-1)?.seq ?? this.timelineFrom;
    }
    this.versions.timeline += 1;
  }
}

/** What a `line` event tells. */
export function lineOf(event: Of<"line">): LogLine {
  return {
    seq: event.seq,
    at: Date.parse(event.ts),
    batch: event.batch_id,
    stream: event.stream,
    text: event.line,
  };
}

/** What a `host` event tells. */
export function findingOf(event: Of<"host">): Finding {
  return {
    seq: event.seq,
    ts: event.ts,
    address: event.address,
    hostname: event.hostname ?? null,
    verdict: event.verdict,
    ports: event.ports,
    batch: event.batch_id,
  };
}

/** Where a scan stands that has just ended. */
function endOf(event: Of<"scan_complete">): Schemas["Progress"] {
  const { unfinished, ...known } = event.verdicts;
  const done = Object.values(known).reduce((sum, one) => sum + one, 0);
  const total = done + unfinished;
  return {
    targets_done: done,
    targets_total: total,
    percent: total === 0 ? 100 : (100 * done) / total,
    hosts_up: event.summary.hosts_up,
    open_ports: event.summary.open_ports,
    running_batches: 0,
    eta_ms: null,
    eta_p90_ms: null,
  };
}

/** A model that follows its scan, and tells those who watch once a frame at most. */
export class LiveScan {
  readonly model = new ScanModel();
  link: LinkState = FIRST;
  /** Since when (this page's clock) what is shown may be old; null while it is not. */
  staleSince: number | null = null;
  #link: Link;
  #watchers = new Set<() => void>();
  #listeners = new Set<(event: LiveEvent) => void>();
  #frame: number | null = null;
  #history: LogHistory | null = null;
  #clock: ReturnType<typeof setInterval>;
  /** How it went, second by second, since this page follows it. */
  readonly samples: Sample[] = [];

  constructor(readonly id: number) {
    this.#clock = setInterval(() => this.#sample(), 1_000);
    this.#link = new Link({
      path: `/ws/scans/${id}`,
      since: null,
      onEvent: (event) => this.#take(event as unknown as LiveEvent),
      onState: (state) => {
        this.link = state;
        if (state.phase === "live") this.staleSince = null;
        else if (state.failures > 0) this.staleSince ??= Date.now();
        this.model.versions.link += 1;
        this.#tell();
      },
    });
  }

  /** The lines of the whole scan, once it is connected. */
  get history(): LogHistory {
    this.#history ??= LogHistory.ofScan(this);
    return this.#history;
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  close(): void {
    clearInterval(this.#clock);
    this.#link.close();
    this.#watchers.clear();
    this.#listeners.clear();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  /** Calls back with each event, once the model has taken it in. */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Tells the watchers of a change that was made from outside, such as older lines. */
  touch(part: Part): void {
    this.model.versions[part] += 1;
    this.#tell();
  }

  #sample(): void {
    const { status, progress, log } = this.model;
    // Of a scan that does not run there is nothing to draw; while not connected nobody knows.
    if (status !== "running" && status !== "stopping") return;
    if (this.link.phase !== "live") return;
    this.samples.push({
      at: Date.now(),
      done: progress?.targets_done ?? null,
      lines: log.received,
    });
    if (this.samples.length > SAMPLES_MAX) this.samples.shift();
  }

  #take(event: LiveEvent): void {
    this.model.apply(event);
    for (const listener of this.#listeners) listener(event);
    this.#tell();
  }

  // A page in the background has no frames, and needs none.
  #tell(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      for (const watcher of this.#watchers) watcher();
    });
  }
}

/** Draws anew when one of these parts of the scan changes. Returns the model. */
export function useParts(live: LiveScan, ...parts: Part[]): ScanModel {
  useSyncExternalStore(live.subscribe, () =>
    parts.reduce((sum, part) => sum + live.model.versions[part], 0),
  );
  return live.model;
}

/** The same for what is costly to draw: at most once in so many milliseconds. Returns a version. */
export function useCalmParts(live: LiveScan, ms: number, ...parts: Part[]): number {
  const sum = () => parts.reduce((all, part) => all + live.model.versions[part], 0);
  const [version, setVersion] = useState(sum);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `sum` reads what `parts` names
  useEffect(() => {
    const throttle = new Throttle(ms, () => setVersion(sum()));
    throttle.ask();
    const stop = live.subscribe(() => throttle.ask());
    return () => {
      stop();
      throttle.stop();
    };
  }, [live, ms, parts.join()]);
  return version;
}
