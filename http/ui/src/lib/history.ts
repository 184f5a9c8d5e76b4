// What changed at an address from scan to scan, as far as lists of open ports tell.
import type { Schemas } from "@/api/client";

export type Past = Schemas["TargetHistory"];

export interface Step {
  scan: Past;
  /** The scan to compare it with: the last one before that found the host up; null for the first. */
  base: Past | null;
  /** The verdict before, when it differs. */
  was: Past["verdict"] | null;
  /** Ports open now that `base` does not list as open. */
  opened: string[];
  /** Ports that `base` lists as open and this scan does not: closed, filtered, or not probed this time. */
  gone: string[];
}

/** Orders `443/tcp` by protocol, then by number. */
function comparePorts(a: string, b: string): number {
  const [port = "", protocol = ""] = a.split("/");
  const [otherPort = "", other = ""] = b.split("/");
  return protocol.localeCompare(other) || Number(port) - Number(otherPort);
}

/**
 * The steps of a history that is newest first. Ports are compared only of scans that found the host
 * up, each with the last one before it that did: of one that is down or not finished, that a port is
 * not listed says nothing.
 */
export function steps(history: readonly Past[]): Step[] {
  return history.map((scan, at) => {
    const older = history.slice(at + 1);
    const before = older[0] ?? null;
    const base = scan.verdict === "up" ? (older.find((one) => one.verdict === "up") ?? null) : null;
    const minus = (all: string[], those: string[]) =>
      all.filter((port) => !those.includes(port)).sort(comparePorts);
    return {
      scan,
      base: base ?? before,
      was: before && before.verdict !== scan.verdict ? before.verdict : null,
      opened: base ? minus(scan.open_ports, base.open_ports) : [],
      gone: base ? minus(base.open_ports, scan.open_ports) : [],
    };
  });
}
