// What is said of a scan in lists. Pure.
import type { Scan, ScanStatus } from "@/api/client";
import { count } from "./format";

/** Its name; without one, what it is of. */
export function scanTitle(scan: Pick<Scan, "name" | "targets" | "id">): string {
  return scan.name?.trim() || targetsText(scan, 1) || `Scan ${scan.id}`;
}

/** Its first targets, and how many entries there are beside. */
export function targetsText(scan: { targets: string[]; targets_truncated?: boolean }, most = 3) {
  const shown = scan.targets.slice(0, most).join(", ");
  const more = scan.targets.length - most;
  if (more <= 0) return shown;
  return `${shown} + ${scan.targets_truncated ? "over " : ""}${count(more)} more`;
}

/** Whether a row has all words of a text: in its number, name, project, targets or flags. */
export function hasWords(scan: Scan, text: string): boolean {
  const all = [
    `#${scan.id}`,
    scan.name ?? "",
    scan.project_name,
    scan.targets.join(" "),
    scan.nmap_flags.join(" "),
  ]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** Milliseconds that it ran, up to now while it does; null before its start. */
export function ranFor(scan: Pick<Scan, "started_at" | "finished_at">, now: number): number | null {
  if (!scan.started_at) return null;
  const end = scan.finished_at ? Date.parse(scan.finished_at) : now;
  return Math.max(0, end - Date.parse(scan.started_at));
}

const ACTIVE: readonly ScanStatus[] = ["queued", "running", "paused", "stopping"];

/** Whether it was cut off: not ended, and nobody works at it. */
export function isInterrupted(scan: Pick<Scan, "status" | "is_live">): boolean {
  return ACTIVE.includes(scan.status) && !scan.is_live;
}

/** Scans that ended with something undone, and that no later one of `all` took up again. */
export function needAttention(all: Scan[]): Scan[] {
  const taken = new Set(all.map((scan) => scan.parent_scan_id).filter((id) => id != null));
  return all.filter(
    (scan) =>
      !taken.has(scan.id) &&
      (isInterrupted(scan) ||
        scan.status === "failed" ||
        (scan.status === "stopped" && scan.verdicts.unfinished > 0)),
  );
}
