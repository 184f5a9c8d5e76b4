import { expect, it } from "vitest";
import type { Scan } from "@/api/client";
import { pairsOf, previousOf } from "./pairs";

const scan = (id: number, targets: string[], more: Partial<Scan> = {}): Scan =>
  ({ id, project_id: 1, targets, targets_truncated: false, ...more }) as Scan;

it("finds the scan before of the same targets, in any order of them", () => {
  const scans = [
    scan(1, ["a", "b"]),
    scan(2, ["b", "a"]),
    scan(3, ["a"]),
    scan(4, ["a", "b"], { project_id: 2 }),
    scan(5, ["a", "b"]),
  ];
  expect(previousOf(scans[4] as Scan, scans)?.id).toBe(2);
  expect(previousOf(scans[2] as Scan, scans)).toBeUndefined();
});

it("takes one of another project when its own has none", () => {
  const scans = [scan(1, ["a"]), scan(2, ["a"], { project_id: 2 }), scan(3, ["b"])];
  expect(previousOf(scans[1] as Scan, scans)?.id).toBe(1);
  expect(pairsOf(scans, 5).map(({ a, b }) => [a.id, b.id])).toEqual([[1, 2]]);
});

it("takes the parent of a scan of what was left over", () => {
  const scans = [scan(1, ["a", "b"]), scan(2, ["b"], { parent_scan_id: 1 })];
  expect(previousOf(scans[1] as Scan, scans)?.id).toBe(1);
});

it("does not call long lists of targets the same when it sees only their beginnings", () => {
  const scans = [
    scan(1, ["a"], { targets_truncated: true }),
    scan(2, ["a"], { targets_truncated: true }),
  ];
  expect(pairsOf(scans, 5)).toEqual([]);
});
