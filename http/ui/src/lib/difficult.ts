// Hosts that scans could not finish: why, in words, and what to do about it.
import type { Schemas } from "@/api/client";

export type Difficult = Schemas["DifficultTarget"];

/** Why the newest try at a host failed. */
export function reasonOf(target: Difficult): string {
  return target.history[0]?.reason ?? "unknown";
}

const SAID: Record<string, { label: string; help: string }> = {
  stalled: {
    label: "Stalled",
    help: "nmap printed nothing and used no time: a longer stall timeout, or fewer scripts, may do.",
  },
  deadline: {
    label: "Out of time",
    help: "The batch ran into its time limit: give it more, scan fewer ports, or use -T4.",
  },
  straggler: {
    label: "Far slower than others",
    help: "It held its batch up: scan it alone, or with a host timeout.",
  },
  output_cap: {
    label: "Too much output",
    help: "nmap wrote more than is kept: scan fewer ports, or leave a talkative script out.",
  },
  hosts_timed_out: {
    label: "Host timeout",
    help: "nmap gave up on it at --host-timeout: give it more time, or scan fewer ports.",
  },
  hosts_missing: {
    label: "Left out by nmap",
    help: "nmap said that it was done, and said nothing of this host: look at the batch's output.",
  },
  document_cut: {
    label: "Output cut off",
    help: "nmap ended in the middle of its output: look at the batch's errors.",
  },
  nmap_failed: {
    label: "nmap failed",
    help: "nmap said that something is wrong: look at the batch's errors.",
  },
  crashed: {
    label: "nmap crashed",
    help: "A signal ended nmap: memory may be short, or nmap has a fault. Look at the batch's errors.",
  },
  unstartable: {
    label: "nmap did not start",
    help: "The system page says which nmap is used, and what is wrong with it.",
  },
  lost: {
    label: "Lost",
    help: "The server ended while nmap ran, each time: try it again.",
  },
};

/** A reason in words; one that is not known here is shown as the server names it. */
export function reasonLabel(reason: string): string {
  return SAID[reason]?.label ?? reason.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());
}

export function reasonHelp(reason: string): string | null {
  return SAID[reason]?.help ?? null;
}

/** How many have each reason, most first. */
export function reasons(targets: readonly Difficult[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const reason = reasonOf(target);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

/** Signs of targets that a link to a new scan can bear: URLs have their bounds. */
const LINK_MAX = 6_000;

/** The targets for a link to a new scan; null when they are too many for one. */
export function linkTargets(addresses: readonly string[]): string | null {
  const text = addresses.join(" ");
  return encodeURIComponent(text).length > LINK_MAX ? null : text;
}
