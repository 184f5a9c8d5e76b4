// What changed at an address from scan to scan, as far as lists of open ports tell.
import type { Schemas } from "@/api/client";

export type Past = Schemas["TargetHistory"];

export interface Step {
  scan: Past;
  /** The scan before it that knows of the address; null for the first. */
  before: Past | null;
  /** The verdict before, when it differs. */
  was: Past["verdict"] | null;
  /** Ports open now that were not listed open before. */
  opened: string[];
  /** Ports listed open before and not now: closed, filtered, or not probed this time. */
  gone: string[];
}

/** Orders `443/tcp` by protocol, then by number. */
function comparePorts(a: string, b: string): number {
  const [port = "", protocol = ""] = a.split("/");
  const [otherPort = "", other = ""] = b.split("/");
  return protocol.localeCompare(other) || Number(port) - Number(otherPort);
}

/**
 * The steps of a history that is newest first. Ports are compared only where both scans found the
 * host up: of one that is down or not finished, that a port is not listed says nothing.
 */
export function steps(history: readonly Past[]): Step[] {
  return history.map((scan, at) => {
    const before = history[at + 1] ?? null;
    const comparable = before?.verdict === "up" && scan.verdict === "up";
    const minus = (all: string[], those: string[]) =>
      all.filter((port) => !those.includes(port)).sort(comparePorts);
    return {
      scan,
      before,
      was: before && before.verdict !== scan.verdict ? before.verdict : null,
      opened: comparable ? minus(scan.open_ports, before.open_ports) : [],
      gone: comparable ? minus(before.open_ports, scan.open_ports) : [],
    };
  });
}
