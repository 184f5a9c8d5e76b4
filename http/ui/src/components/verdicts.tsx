// Verdicts and states: one colour, one word and one order for each, everywhere.
import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash,
  CircleX,
  LoaderCircle,
} from "lucide-react";
import type { BatchStatus, ScanStatus, Verdict, VerdictCounts } from "@/api/client";
import { count, percent } from "@/lib/format";
import { Badge, cx, type Tone } from "./basics";

export interface VerdictLook {
  key: Verdict;
  label: string;
  /** Class of the mark's background. */
  mark: string;
  /** CSS variable of the colour, for a canvas. */
  variable: string;
  means: string;
}

/** In the order of a bar, from found to never looked at. */
export const VERDICTS: VerdictLook[] = [
  {
    key: "up",
    label: "Up",
    mark: "bg-v-up",
    variable: "--v-up",
    means: "answered, and was scanned whole",
  },
  {
    key: "down",
    label: "Down",
    mark: "bg-v-down",
    variable: "--v-down",
    means: "did not answer host discovery",
  },
  {
    key: "timed_out",
    label: "Timed out",
    mark: "bg-v-timed-out",
    variable: "--v-timed-out",
    means: "given up at a host timeout or after all tries",
  },
  {
    key: "unfinished",
    label: "Unfinished",
    mark: "bg-v-unfinished",
    variable: "--v-unfinished",
    means: "not scanned yet, or not to the end",
  },
  {
    key: "unresolved",
    label: "Unresolved",
    mark: "bg-v-unresolved",
    variable: "--v-unresolved",
    means: "a name without an address",
  },
  {
    key: "excluded",
    label: "Excluded",
    mark: "bg-v-excluded",
    variable: "--v-excluded",
    means: "taken out by an exclude or the scope",
  },
];

export function verdictLook(verdict: Verdict): VerdictLook {
  return VERDICTS.find((look) => look.key === verdict) ?? (VERDICTS[3] as VerdictLook);
}

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const look = verdictLook(verdict);
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={look.means}>
      <span aria-hidden className={cx("size-2.5 rounded-full", look.mark)} />
      {look.label}
    </span>
  );
}

/** All targets of a scan in one bar. Its parts add up to the whole, always. */
export function VerdictBar({
  verdicts,
  className,
}: {
  verdicts: VerdictCounts;
  className?: string;
}) {
  const total = VERDICTS.reduce((sum, look) => sum + verdicts[look.key], 0);
  const said = VERDICTS.filter((look) => verdicts[look.key] > 0)
    .map((look) => `${look.label} ${count(verdicts[look.key])}`)
    .join(", ");
  return (
    <div
      role="img"
      aria-label={`${count(total)} targets: ${said || "none"}`}
      className={cx("flex h-2.5 w-full gap-px overflow-hidden rounded-full bg-sunken", className)}
    >
      {VERDICTS.map((look) =>
        verdicts[look.key] > 0 ? (
          <div
            key={look.key}
            className={cx("min-w-[3px]", look.mark)}
            style={{ flexGrow: verdicts[look.key], flexBasis: 0 }}
            title={`${look.label}: ${count(verdicts[look.key])} (${percent(verdicts[look.key], total)})`}
          />
        ) : null,
      )}
    </div>
  );
}

/** The bar's parts by name, with their counts. Those of nothing are left out unless `all`. */
export function VerdictLegend({
  verdicts,
  all = false,
}: {
  verdicts: VerdictCounts;
  all?: boolean;
}) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {VERDICTS.filter((look) => all || verdicts[look.key] > 0).map((look) => (
        <li key={look.key} className="flex items-center gap-1.5" title={look.means}>
          <span aria-hidden className={cx("size-2.5 rounded-full", look.mark)} />
          <span className="text-muted">{look.label}</span>
          <span className="num font-medium">{count(verdicts[look.key])}</span>
        </li>
      ))}
    </ul>
  );
}

const SCAN: Record<ScanStatus, { tone: Tone; label: string }> = {
  queued: { tone: "neutral", label: "Queued" },
  running: { tone: "info", label: "Running" },
  paused: { tone: "warn", label: "Paused" },
  stopping: { tone: "warn", label: "Stopping" },
  completed: { tone: "good", label: "Completed" },
  stopped: { tone: "neutral", label: "Stopped" },
  failed: { tone: "danger", label: "Failed" },
};

const SIGNS: Record<ScanStatus | "retrying" | "split", typeof CircleCheck> = {
  queued: CircleDashed,
  running: LoaderCircle,
  retrying: LoaderCircle,
  paused: CirclePause,
  stopping: LoaderCircle,
  completed: CircleCheck,
  stopped: CircleSlash,
  split: CircleSlash,
  failed: CircleX,
};

export function StatusBadge({ status }: { status: ScanStatus }) {
  const Sign = SIGNS[status];
  const turns = status === "running" || status === "stopping";
  return (
    <Badge tone={SCAN[status].tone}>
      <Sign aria-hidden className={cx("size-3.5", turns && "motion-safe:animate-spin")} />
      {SCAN[status].label}
    </Badge>
  );
}

const BATCH: Record<BatchStatus, Tone> = {
  queued: "neutral",
  running: "info",
  retrying: "warn",
  completed: "good",
  split: "accent",
  stopped: "neutral",
  failed: "danger",
};

export function BatchBadge({ status }: { status: BatchStatus }) {
  const Sign = SIGNS[status];
  return (
    <Badge tone={BATCH[status]}>
      <Sign
        aria-hidden
        className={cx("size-3.5", status === "running" && "motion-safe:animate-spin")}
      />
      {status}
    </Badge>
  );
}

/** Whether a scan with this status may still change. */
export function isActive(status: ScanStatus): boolean {
  return (
    status === "queued" || status === "running" || status === "paused" || status === "stopping"
  );
}

/** The colour of a port's state. */
export function portTone(state: string): Tone {
  if (state === "open") return "good";
  if (state.startsWith("open")) return "warn";
  return "neutral";
}
