import { describe, expect, it } from "vitest";
import type { Scan } from "../api/client";
import { type Told, withNews } from "./patch";

const progress = (done: number): Scan["progress"] => ({
  targets_done: done,
  targets_total: 10,
  percent: done * 10,
  hosts_up: 0,
  open_ports: 0,
  running_batches: 1,
});
const verdicts = (down: number) => ({
  up: 0,
  down,
  timed_out: 0,
  unfinished: 10 - down,
  excluded: 0,
  unresolved: 0,
});
const scan = (id: number, finished_at: string | null = null) =>
  ({ id, total_targets: 10, progress: progress(0), verdicts: verdicts(0), finished_at }) as Scan;
const told = new Map<number, Told>([[2, { progress: progress(5), verdicts: verdicts(5) }]]);

describe("withNews", () => {
  it("changes the scan that it is about, in a list and in pages", () => {
    const list = [scan(1), scan(2)];
    const next = withNews(list, told) as Scan[];
    expect(next[0]).toBe(list[0]);
    expect(next[1]?.progress.targets_done).toBe(5);
    expect(next[1]?.verdicts.unfinished).toBe(5);
    const pages = {
      pages: [
        { rows: [scan(1)], next: "c" },
        { rows: [scan(2)], next: null },
      ],
    };
    const after = withNews(pages, told) as typeof pages;
    expect(after.pages[0]).toBe(pages.pages[0]);
    expect(after.pages[1]?.rows[0]?.progress.percent).toBe(50);
    expect(after.pages[1]?.next).toBeNull();
  });

  it("leaves as it is what tells of no such scan", () => {
    for (const data of [[scan(1)], { pages: [{ rows: [scan(1)] }] }, scan(3), null, undefined, 7]) {
      expect(withNews(data, told)).toBe(data);
    }
    const batches = [{ id: 2, status: "running" }];
    expect(withNews(batches, told)).toBe(batches);
  });

  it("does not set back a scan that has ended", () => {
    const ended = [scan(2, "2026-01-01T00:00:00Z")];
    expect(withNews(ended, told)).toBe(ended);
  });
});
