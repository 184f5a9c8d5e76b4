import { expect, it } from "vitest";
import { nodeLink, rowsOf, type SupervisedNode, totals } from "./tree";

const node = (name: string, children: SupervisedNode[] = [], restarts = 0): SupervisedNode => ({
  name,
  kind: "engine",
  state: "running",
  since: "2026-01-01T00:00:00.000Z",
  restarts,
  children,
});
const TREE = [node("root", [node("scan", [node("batch"), node("batch")], 2), node("store")], 1)];

it("shows parents before children, twins apart", () => {
  const rows = rowsOf(TREE, new Set());
  expect(rows.map((row) => [row.node.name, row.depth])).toEqual([
    ["root", 0],
    ["scan", 1],
    ["batch", 2],
    ["batch", 2],
    ["store", 1],
  ]);
  expect(new Set(rows.map((row) => row.path)).size).toBe(5);
});

it("leaves out what is below a closed row", () => {
  const rows = rowsOf(TREE, new Set(["/root/scan"]));
  expect(rows.map((row) => row.node.name)).toEqual(["root", "scan", "store"]);
  expect(rows[1]?.isOpen).toBe(false);
});

it("adds up over all depths", () => {
  expect(totals(TREE)).toEqual({ nodes: 5, restarts: 3 });
});

it("links to scans and batches", () => {
  expect(nodeLink({ kind: "scan", id: 7 })).toBe("/scans/7");
  expect(nodeLink({ kind: "batch", id: 12 })).toBe("/batches/12");
  expect(nodeLink({ kind: "runner", id: 12 })).toBeNull();
  expect(nodeLink({ kind: "engine" })).toBeNull();
});
