import { describe, expect, it } from "vitest";
import { statusCounts, treeRows } from "./batch-tree";
import type { BatchRow } from "./view";

const batch = (id: number, parent: number | null, status: BatchRow["status"]): BatchRow => ({
  id,
  parent,
  status,
  attempt: 1,
  lane: "main",
  targets: [],
  count: 1,
  percent: null,
  phase: null,
  etaMs: null,
  startedAt: null,
  endedAt: null,
  up: 0,
  open: 0,
  reason: null,
});
const some = [
  batch(1, null, "split"),
  batch(2, null, "completed"),
  batch(3, 1, "split"),
  batch(4, 1, "completed"),
  batch(5, 3, "failed"),
];
const seen = (closed: number[], status: BatchRow["status"] | null = null) =>
  treeRows(some, new Set(closed), status).map((row) => `${"  ".repeat(row.depth)}${row.batch.id}`);

describe("treeRows", () => {
  it("puts what a batch was split into below it", () => {
    expect(seen([])).toEqual(["1", "  3", "    5", "  4", "2"]);
    expect(treeRows(some, new Set(), null)[0]?.below).toBe(3);
  });

  it("hides what is below a closed one, and still counts it", () => {
    expect(seen([3])).toEqual(["1", "  3", "  4", "2"]);
    expect(seen([1])).toEqual(["1", "2"]);
    expect(treeRows(some, new Set([1]), null)[0]?.below).toBe(3);
  });

  it("keeps the way to what matches", () => {
    expect(seen([], "failed")).toEqual(["1", "  3", "    5"]);
    expect(treeRows(some, new Set(), "failed").map((row) => row.isWay)).toEqual([
      true,
      true,
      false,
    ]);
    expect(seen([], "queued")).toEqual([]);
  });

  it("hides no batch whose parent is unknown", () => {
    expect(treeRows([batch(9, 7, "queued")], new Set(), null)).toHaveLength(1);
  });

  it("takes little time for many", () => {
    const many = Array.from({ length: 65_000 }, (_, at) => batch(at + 1, null, "completed"));
    const before = performance.now();
    expect(treeRows(many, new Set(), null)).toHaveLength(65_000);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

it("counts by status", () => {
  expect([...statusCounts(some)]).toEqual([
    ["split", 2],
    ["completed", 2],
    ["failed", 1],
  ]);
});
