// Puts what an event told about a scan into what lists hold, so that nothing is asked for anew.
import type { Scan } from "../api/client";

/** What a running scan tells once a second. */
export type Told = Pick<Scan, "progress" | "verdicts">;

function isScan(value: unknown): value is Scan {
  return (
    typeof value === "object" &&
    value !== null &&
    "progress" in value &&
    "verdicts" in value &&
    "total_targets" in value
  );
}

/** A scan that has ended tells no more: an event that comes late does not change it. */
function isOver(scan: Scan): boolean {
  return scan.finished_at !== null && scan.finished_at !== undefined;
}

function row(value: unknown, told: ReadonlyMap<number, Told>): unknown {
  if (!isScan(value) || isOver(value)) return value;
  const news = told.get(value.id);
  return news ? { ...value, ...news } : value;
}

/** The same when none of them changes, so that what shows them need not draw. */
function rows(values: unknown[], told: ReadonlyMap<number, Told>): unknown[] {
  const next = values.map((value) => row(value, told));
  return next.some((value, at) => value !== values[at]) ? next : values;
}

interface Pages {
  pages: { rows: unknown[] }[];
}

function isPages(data: unknown): data is Pages {
  return typeof data === "object" && data !== null && Array.isArray((data as Partial<Pages>).pages);
}

/** `data` of a query (a scan, a list of scans, or pages of them) with the news of scans in it. */
export function withNews(data: unknown, told: ReadonlyMap<number, Told>): unknown {
  if (Array.isArray(data)) return rows(data, told);
  if (!isPages(data)) return row(data, told);
  const pages = data.pages.map((page) => {
    if (!Array.isArray(page.rows)) return page;
    const next = rows(page.rows, told);
    return next === page.rows ? page : { ...page, rows: next };
  });
  return pages.some((page, at) => page !== data.pages[at]) ? { ...data, pages } : data;
}
