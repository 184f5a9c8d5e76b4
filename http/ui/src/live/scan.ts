// A scan as it stands: what the server told when the page was opened, and every event since.
import { useEffect, useSyncExternalStore } from "react";
import type { EventFrame, Schemas } from "../api/client";
import { FIRST, Link, type LinkState } from "./connection";
import { LogBuffer } from "./log";

export type LiveEvent = EventFrame | Schemas["ConnectionEvent"];
type Of<Name extends string> = Extract<LiveEvent, { event: Name }>;

/** A batch, as far as events tell. */
export interface LiveBatch {
  id: number;
  status: Schemas["BatchStatus"];
  attempt: number;
  parent: number | null;
  targets: string[];
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
export const FINDINGS_MAX = 500;
export const TIMELINE_MAX = 5_000;

/** The state, and how each event changes it. No clock, no socket. */
export class ScanModel {
  status: Schemas["ScanStatus"] | null = null;
  progress: Schemas["Progress"] | null = null;
  verdicts: Schemas["VerdictCounts"] | null = null;
  /** What the scan waits for, in words; null while it does not. */
  waiting: string | null = null;
  error: string | null = null;
  /** The newest event of the scan when this connection began. */
  connectedAt: number | null = null;
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

  apply(event: LiveEvent): void {
    switch (event.event) {
      case "connected":
        this.connectedAt = event.last_seq ?? null;
        if (event.status) this.#stands(event.status);
        return;
      case "gap":
        return;
      case "line":
        this.log.push({
          seq: event.seq,
          ts: event.ts,
          batch: event.batch_id,
          stream: event.stream,
          text: event.line,
        });
        this.versions.log += 1;
        return;
      case "scan_progress":
        this.progress = event.progress;
        this.verdicts = event.verdicts;
        this.versions.scan += 1;
        return;
      case "batch_progress":
        this.#batch(event.batch_id, {
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
          this.#batch(child.batch_id, { parent: event.batch_id, targets: child.targets });
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
        this.error = event.error ?? null;
        this.#stands(event.status);
    }
  }

  #stands(status: Schemas["ScanStatus"]): void {
    this.status = status;
    if (status !== "running") this.waiting = null;
    this.versions.scan += 1;
  }

  #batch(id: number, change: Partial<LiveBatch>): void {
    const known = this.batches.get(id) ?? {
      id,
      status: "queued",
      attempt: 0,
      parent: null,
      targets: [],
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
    this.findings.push({
      seq: event.seq,
      ts: event.ts,
      address: event.address,
      hostname: event.hostname ?? null,
      verdict: event.verdict,
      ports: event.ports,
      batch: event.batch_id,
    });
    if (this.findings.length > FINDINGS_MAX) this.findings.shift();
    this.versions.findings += 1;
  }

  #note(event: EventFrame): void {
    this.timeline.push(event);
    if (this.timeline.length > TIMELINE_MAX) this.timeline.shift();
    this.versions.timeline += 1;
  }
}

/** A model that follows its scan, and tells those who watch once a frame at most. */
export class LiveScan {
  readonly model = new ScanModel();
  link: LinkState = FIRST;
  #link: Link;
  #watchers = new Set<() => void>();
  #frame: number | null = null;

  constructor(
    readonly id: number,
    /** Called after events that change what the server's answers say, with the event. */
    private readonly onEvent?: (event: LiveEvent) => void,
  ) {
    this.#link = new Link({
      path: `/ws/scans/${id}`,
      since: null,
      onEvent: (event) => this.#take(event as unknown as LiveEvent),
      onState: (state) => {
        this.link = state;
        this.model.versions.link += 1;
        this.#tell();
      },
    });
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  close(): void {
    this.#link.close();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
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

  #take(event: LiveEvent): void {
    this.model.apply(event);
    this.onEvent?.(event);
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

/** Closes a live scan when the page that holds it goes. */
export function useClosing(live: LiveScan | null): void {
  useEffect(() => () => live?.close(), [live]);
}
