// What events mean, in words. Pure.
import type { EventFrame } from "@/api/client";
import type { Tone } from "@/components/basics";
import { counted, duration } from "@/lib/format";
import { ranFor } from "@/lib/scans";
import { someOf } from "./view";

/** Kinds that one filters by, and the events of each. */
export const KINDS = {
  scan: ["scan_started", "scan_complete", "scan_stopping"],
  pauses: ["scan_paused", "scan_resumed"],
  waits: ["scan_waiting", "scan_ready"],
  recoveries: ["scan_recovered"],
  batches: ["batch_start", "batch_complete", "batch_stopped"],
  failures: ["batch_failed"],
  splits: ["batch_split"],
  scope: ["scope_changed", "out_of_scope_result"],
} as const satisfies Record<string, readonly EventFrame["event"][]>;

/** The events of these kinds; of all when none is chosen. */
export function eventsOf(kinds: readonly string[]): string[] {
  const chosen = Object.entries(KINDS).filter(([kind]) => kinds.includes(kind));
  return (chosen.length > 0 ? chosen : Object.entries(KINDS)).flatMap(([, events]) => [...events]);
}

export interface Told {
  tone: Tone;
  /** A word or two. */
  label: string;
  text: string;
  batch: number | null;
}

/**
 * An event as the timeline tells it; null for those that have no place there (lines, hosts). A scan's
 * end counts from its `start`, as the head of its page does; the event itself from its acceptance.
 */
export function told(event: EventFrame, start?: string | null): Told | null {
  const of = (tone: Tone, label: string, text: string, batch: number | null = null): Told => ({
    tone,
    label,
    text,
    batch,
  });
  switch (event.event) {
    case "scan_started": {
      const less = event.fallback.length > 0 ? `; ${event.fallback.join("; ")}` : "";
      return of("info", "started", `${counted(event.total_targets, "target")}${less}`);
    }
    case "scan_complete": {
      const tone = event.status === "completed" ? "good" : "danger";
      const { hosts_up, open_ports, duration_ms } = event.summary;
      const ran = ranFor({ started_at: start, finished_at: event.ts }, 0) ?? duration_ms;
      const found = `${counted(hosts_up, "host")} up, ${counted(open_ports, "open port")} in ${duration(ran)}`;
      return of(
        event.status === "stopped" ? "neutral" : tone,
        event.status,
        event.error ? `${event.error}; ${found}` : found,
      );
    }
    case "scan_paused":
      return of("warn", "paused", "nothing new starts; what ran is kept");
    case "scan_resumed":
      return of("info", "resumed", "it goes on");
    case "scan_stopping":
      return of("warn", "stopping", "running batches end, and what they finished is kept");
    case "scan_waiting":
      return of("warn", "waits", event.detail);
    case "scan_ready":
      return of("good", "goes on", "what it waited for is there");
    case "scan_recovered":
      return of(
        "accent",
        "recovered",
        `after a restart: ${counted(event.resumed_batches, "batch", "batches")} go on, ${counted(event.kept_hosts, "address", "addresses")} are not scanned again`,
      );
    case "batch_start":
      return of(
        "info",
        event.attempt > 1 ? `attempt ${event.attempt}` : "batch started",
        someOf(event.targets),
        event.batch_id,
      );
    case "batch_complete": {
      const { hosts_up, open_ports, duration_ms } = event.summary;
      return of(
        "good",
        "batch done",
        `${counted(hosts_up, "host")} up, ${counted(open_ports, "open port")} in ${duration(duration_ms)}`,
        event.batch_id,
      );
    }
    case "batch_failed": {
      const wait = event.retry_in_ms ? ` in ${duration(event.retry_in_ms)}` : "";
      const next = event.will_retry
        ? `tried again${wait}`
        : event.will_split
          ? "what is left is split"
          : "given up";
      return of(
        event.will_retry || event.will_split ? "warn" : "danger",
        `attempt ${event.attempt} failed`,
        `${event.detail}; ${counted(event.salvaged_hosts, "host")} kept; ${next}`,
        event.batch_id,
      );
    }
    case "batch_split": {
      const into = event.children.map((child) => child.batch_id);
      return of(
        "accent",
        "split",
        `into ${counted(into.length, "batch", "batches")} (${someOf(into.map(String), 6)}): ${event.reason}`,
        event.batch_id,
      );
    }
    case "batch_stopped":
      return of(
        "neutral",
        "batch stopped",
        `${counted(event.salvaged_hosts, "host")} kept, not scanned: ${someOf(event.remaining_targets) || "none"}`,
        event.batch_id,
      );
    case "scope_changed":
      return of(
        "warn",
        "scope changed",
        `${counted(event.addresses, "address", "addresses")}: ${event.detail ?? "may be scanned again"} (${someOf(event.targets)})`,
      );
    case "out_of_scope_result":
      return of(
        "danger",
        "out of scope",
        `a result for ${event.address} was thrown away`,
        event.batch_id,
      );
    default:
      return null;
  }
}
