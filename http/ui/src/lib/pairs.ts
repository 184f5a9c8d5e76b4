// Which scan to compare one with: the one before it of the same targets.
import type { Scan } from "@/api/client";

function sameTargets(one: Scan, other: Scan): boolean {
  if (one.targets_truncated || other.targets_truncated) return false;
  const [a, b] = [[...one.targets].sort(), [...other.targets].sort()];
  return a.length === b.length && a.every((target, at) => target === b[at]);
}

/**
 * The newest older scan of the same targets in its project; else its parent, whose targets include
 * its own; else the newest older one of the same targets in any project. Undefined without any.
 */
export function previousOf(scan: Scan, scans: readonly Scan[]): Scan | undefined {
  const older = scans
    .filter((one) => one.id < scan.id && sameTargets(one, scan))
    .sort((a, b) => b.id - a.id);
  return (
    older.find((one) => one.project_id === scan.project_id) ??
    scans.find((one) => one.id === scan.parent_scan_id) ??
    older[0]
  );
}

/** Pairs worth a look, the newest first. */
export function pairsOf(scans: readonly Scan[], most: number): { a: Scan; b: Scan }[] {
  const found: { a: Scan; b: Scan }[] = [];
  for (const b of [...scans].sort((one, other) => other.id - one.id)) {
    const a = previousOf(b, scans);
    if (a) found.push({ a, b });
    if (found.length === most) break;
  }
  return found;
}
