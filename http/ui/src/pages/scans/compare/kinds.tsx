// The kinds of difference: one word, sign and colour for each, and the toggles that choose some.
import { ArrowLeftRight, CircleHelp, Minus, Plus } from "lucide-react";
import { Badge, cx, type Tone } from "@/components/basics";
import type { DiffSide } from "@/lib/diff";
import { CHANGES, type Change, type DiffSummary } from "@/lib/diff";
import { count } from "@/lib/format";

interface Look {
  tone: Tone;
  icon: typeof Plus;
}

const LOOKS: Record<Change, Look> = {
  changed: { tone: "warn", icon: ArrowLeftRight },
  appeared: { tone: "good", icon: Plus },
  vanished: { tone: "danger", icon: Minus },
  only_after: { tone: "info", icon: CircleHelp },
  only_before: { tone: "info", icon: CircleHelp },
};

/** What a kind is called, for a host. Those of one scan only say which did not know the host. */
export function hostKind(change: Change, before: number, after: number): string {
  switch (change) {
    case "changed":
      return "Changed";
    case "appeared":
      return "Appeared";
    case "vanished":
      return "Vanished";
    case "only_after":
      return `Unknown in #${before}`;
    case "only_before":
      return `Unknown in #${after}`;
  }
}

export function portKind(change: Change, before: number, after: number): string {
  switch (change) {
    case "changed":
      return "Changed";
    case "appeared":
      return "Opened";
    case "vanished":
      return "No longer open";
    case "only_after":
      return `Only #${after} knows`;
    case "only_before":
      return `Only #${before} knows`;
  }
}

const MEANS: Record<Change, string> = {
  changed: "Up in both scans, and other ports or services",
  appeared: "Down in the earlier scan, up in the later one",
  vanished: "Up in the earlier scan, down in the later one",
  only_after: "The earlier scan did not scan it, or not to the end: whether it is new is not known",
  only_before: "The later scan did not scan it, or not to the end: it is not known to be gone",
};

export function KindBadge({ change, label }: { change: Change; label: string }) {
  const { tone, icon: Sign } = LOOKS[change];
  return (
    <Badge tone={tone} title={MEANS[change]}>
      <Sign aria-hidden className="size-3" />
      {label}
    </Badge>
  );
}

function counts(summary: DiffSummary): Record<Change, number> {
  return {
    changed: summary.hosts_changed,
    appeared: summary.hosts_appeared,
    vanished: summary.hosts_vanished,
    only_after: summary.hosts_only_after,
    only_before: summary.hosts_only_before,
  };
}

/** Each kind with its count, to be switched on and off. None on means all. */
export function KindToggles({
  summary,
  sides,
  kinds,
  onKinds,
}: {
  summary: DiffSummary | null;
  sides: { before: DiffSide; after: DiffSide };
  kinds: readonly Change[];
  onKinds: (kinds: Change[]) => void;
}) {
  const of = summary && counts(summary);
  return (
    <fieldset className="grid grid-cols-2 gap-2 sm:grid-cols-3 xl:grid-cols-6">
      <legend className="sr-only">Hosts that differ, by kind</legend>
      {CHANGES.map((change) => {
        const isOn = kinds.includes(change);
        const { icon: Sign } = LOOKS[change];
        return (
          <button
            key={change}
            type="button"
            aria-pressed={isOn}
            title={MEANS[change]}
            onClick={() =>
              onKinds(isOn ? kinds.filter((one) => one !== change) : [...kinds, change])
            }
            className={cx(
              "flex min-w-0 flex-col items-start rounded-lg border bg-surface px-3 py-2 text-left hover:bg-hover",
              isOn ? "border-accent ring-1 ring-accent" : "border-line",
            )}
          >
            <span className="flex max-w-full items-center gap-1.5 text-xs text-muted">
              <Sign aria-hidden className="size-3.5 shrink-0" />
              <span className="truncate">
                {hostKind(change, sides.before.scan_id, sides.after.scan_id)}
              </span>
            </span>
            <span className="num text-xl font-semibold">{of ? count(of[change]) : "…"}</span>
          </button>
        );
      })}
      <div className="flex min-w-0 flex-col rounded-lg border border-line bg-surface px-3 py-2">
        <span className="truncate text-xs text-muted">Same in both, up</span>
        <span className="num text-xl font-semibold">
          {summary ? count(summary.hosts_same) : "…"}
        </span>
      </div>
    </fieldset>
  );
}
