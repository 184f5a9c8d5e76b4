// What is wrong with the server itself, from what it says of itself. Pure.
import type { SystemInfo } from "@/api/client";
import { bytes } from "@/lib/format";

export interface ServerProblem {
  tone: "danger" | "warn" | "info";
  title: string;
  detail: string;
  /** What helps. */
  mend: string;
}

const STORE: Record<SystemInfo["store_health"], string | null> = {
  ok: null,
  damaged: "The store is damaged",
  low: "The store's disk is nearly full",
  full: "The store's disk is full",
  degraded: "The store works with less than it should",
};

/** In the order of how much they hinder. */
export function serverProblems(system: SystemInfo): ServerProblem[] {
  const found: ServerProblem[] = [];
  if (!system.nmap || system.nmap_problem) {
    found.push({
      tone: "danger",
      title: "No scan can run: there is no usable nmap",
      detail: system.nmap_problem ?? "nmap was not found.",
      mend: "Install nmap, or start the server with --nmap PATH; `netscan doctor` says more.",
    });
  }
  const store = STORE[system.store_health];
  if (store !== null || system.store_problem) {
    found.push({
      tone: system.store_health === "low" || system.store_health === "degraded" ? "warn" : "danger",
      title: store ?? "The store has a problem",
      detail: system.store_problem ?? `${bytes(system.free_bytes)} are free on its disk.`,
      mend: "Make room or delete old scans; `netscan store check` says what is whole.",
    });
  }
  if (system.scope.problem) {
    found.push({
      tone: "danger",
      title: "Nothing may be scanned: the scope is in doubt",
      detail: system.scope.problem,
      mend: "Look at the scope on the system page.",
    });
  } else if (system.scope.effective.length === 0) {
    found.push({
      tone: "warn",
      title: "Nothing may be scanned",
      detail: "The scope has no address left.",
      mend: "Look at the scope on the system page.",
    });
  }
  if (!system.raw_sockets) {
    found.push({
      tone: "info",
      title: "No raw sockets: SYN scans, UDP and OS guesses are not to be had",
      detail: system.privilege,
      mend: "Scans fall back to TCP connects, and say so.",
    });
  }
  return found;
}
