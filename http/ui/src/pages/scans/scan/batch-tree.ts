// Batches as a tree: what a batch was split into lies below it. Pure; 65,000 of them take
// milliseconds.
import type { BatchStatus } from "@/api/client";
import type { BatchRow } from "./view";

export interface TreeRow {
  batch: BatchRow;
  /** 0 for a batch of the scan itself. */
  depth: number;
  /** Batches that it was split into, in all depths below. */
  below: number;
  isOpen: boolean;
  /** Shown only because something below it matches. */
  isWay: boolean;
}

/**
 * The rows in sight, in order. `closed` are those whose children are hidden; with a status, only
 * batches with it and the way to them.
 */
export function treeRows(
  batches: readonly BatchRow[],
  closed: ReadonlySet<number>,
  status: BatchStatus | null,
): TreeRow[] {
  const known = new Set(batches.map((batch) => batch.id));
  const children = new Map<number | null, BatchRow[]>();
  for (const batch of batches) {
    // A parent that is not there (yet) hides nobody.
    const parent = batch.parent !== null && known.has(batch.parent) ? batch.parent : null;
    const list = children.get(parent);
    if (list) list.push(batch);
    else children.set(parent, [batch]);
  }
  const rows: TreeRow[] = [];
  for (const batch of children.get(null) ?? []) add(batch, 0);
  return rows;

  /** Adds a batch and what is below it; returns how many batches that is, and whether one matches. */
  function add(batch: BatchRow, depth: number): [number, boolean] {
    const at = rows.length;
    const matches = status === null || batch.status === status;
    const isOpen = !closed.has(batch.id);
    const row: TreeRow = { batch, depth, below: 0, isOpen, isWay: !matches };
    rows.push(row);
    let has = matches;
    for (const child of children.get(batch.id) ?? []) {
      const [below, found] = add(child, depth + 1);
      row.below += below + 1;
      has ||= found;
    }
    if (!has) rows.length = at;
    else if (!isOpen) rows.length = at + 1;
    return [row.below, has];
  }
}

/** How many batches have each status. */
export function statusCounts(batches: readonly BatchRow[]): Map<BatchStatus, number> {
  const counts = new Map<BatchStatus, number>();
  for (const batch of batches) counts.set(batch.status, (counts.get(batch.status) ?? 0) + 1);
  return counts;
}
