// Where the blocks of a map lie and how they are filled. Pure: no canvas, no page.
import type { MapCell, MapFamily } from "./queries";

/** What an address in a block may be; `running` is a part of what is unfinished. */
export type Share = "up" | "timed_out" | "running" | "unfinished" | "down" | "excluded";

/** From the bottom of a block to its top. */
export const SHARES: Share[] = ["up", "timed_out", "running", "unfinished", "down", "excluded"];

export interface Layout {
  columns: number;
  rows: number;
  /** Pixels from one block to the next; a pixel of them is the gap. */
  size: number;
  /** Pixels of all rows. */
  height: number;
}

const SIZE_MIN = 9;
const SIZE_MAX = 34;

/**
 * Columns are a power of two, so that a row is a block itself. Of those that fit, the number whose
 * height is nearest to what is wanted.
 */
export function layout(cells: number, width: number, wanted: number): Layout {
  let best: Layout | null = null;
  for (let columns = 4; columns <= 256; columns *= 2) {
    const size = Math.min(SIZE_MAX, Math.floor(width / columns));
    if (size < SIZE_MIN && columns > 4) break;
    const rows = Math.max(1, Math.ceil(cells / columns));
    const found = { columns, rows, size: Math.max(4, size), height: rows * Math.max(4, size) };
    if (!best || Math.abs(found.height - wanted) < Math.abs(best.height - wanted)) best = found;
  }
  return best ?? { columns: 4, rows: 1, size: 4, height: 4 };
}

/** The block at a point; null beside all of them. */
export function cellAt(at: Layout, cells: number, x: number, y: number): number | null {
  const column = Math.floor(x / at.size);
  const row = Math.floor(y / at.size);
  if (column < 0 || row < 0 || column >= at.columns) return null;
  const index = row * at.columns + column;
  return index < cells ? index : null;
}

/** Where an arrow leads from a block; it stays at the edges. */
export function neighbour(at: Layout, cells: number, from: number, key: string): number | null {
  const step: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -at.columns,
    ArrowDown: at.columns,
  };
  if (key === "Home") return 0;
  if (key === "End") return cells - 1;
  const by = step[key];
  if (by === undefined) return null;
  const to = from + by;
  return to >= 0 && to < cells ? to : from;
}

export function shareOf(cell: MapCell, share: Share): number {
  if (share === "running") return Math.min(cell.running, cell.unfinished);
  if (share === "unfinished") return Math.max(0, cell.unfinished - cell.running);
  return cell[share];
}

/** Pixels of each share of a block. They add up to its height; what is there has one at least. */
export function stack(cell: MapCell, height: number): [Share, number][] {
  const some = SHARES.filter((share) => shareOf(cell, share) > 0);
  const total = some.reduce((sum, share) => sum + shareOf(cell, share), 0);
  if (total === 0) return [];
  const parts = some.map((share): [Share, number] => [
    share,
    Math.max(1, Math.round((height * shareOf(cell, share)) / total)),
  ]);
  const sum = parts.reduce((all, [, px]) => all + px, 0);
  // What rounding took or gave is made good where it shows least.
  const widest = parts.reduce((a, b) => (b[1] > a[1] ? b : a));
  widest[1] = Math.max(1, widest[1] + height - sum);
  return parts;
}

/** The length of a block's prefix. */
function prefixOf(block: string): number {
  return Number(block.slice(block.lastIndexOf("/") + 1));
}

/** The address of a block of one; null of wider ones. */
export function addressOf(block: string): string | null {
  const most = block.includes(":") ? 128 : 32;
  return prefixOf(block) === most ? block.slice(0, block.lastIndexOf("/")) : null;
}

/** How many addresses a block of a family holds, in words (`256 addresses each`). */
export function blockSize(family: MapFamily): string {
  const bits = (family.family === "ipv6" ? 128 : 32) - family.prefix;
  if (bits === 0) return "one address each";
  return bits <= 24
    ? `${(2 ** bits).toLocaleString("en")} addresses each`
    : `/${family.prefix} each`;
}
