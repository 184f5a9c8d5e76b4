import { describe, expect, it } from "vitest";
import { addressOf, cellAt, layout, neighbour, stack } from "./map";
import type { MapCell } from "./queries";

const cell = (some: Partial<MapCell>): MapCell => ({
  block: "10.0.0.0/24",
  total: 0,
  up: 0,
  down: 0,
  timed_out: 0,
  unfinished: 0,
  excluded: 0,
  open_ports: 0,
  running: 0,
  ...some,
});

describe("layout", () => {
  it("fits the width with rows that are blocks, from one cell to thousands", () => {
    for (const cells of [1, 2, 255, 256, 1024, 4096]) {
      for (const width of [280, 800, 2_400]) {
        const at = layout(cells, width, 300);
        expect(at.columns * at.size).toBeLessThanOrEqual(width);
        expect(at.rows * at.columns).toBeGreaterThanOrEqual(cells);
        expect(Math.log2(at.columns) % 1).toBe(0);
      }
    }
  });

  it("finds the block at a point, and none beside", () => {
    const at = layout(10, 4 * 34, 100);
    expect(cellAt(at, 10, 0, 0)).toBe(0);
    expect(cellAt(at, 10, at.size * 1.5, at.size * 1.5)).toBe(at.columns + 1);
    expect(cellAt(at, 10, at.size * (at.columns + 1), 0)).toBeNull();
    expect(cellAt(at, 10, at.size * (at.columns - 0.5), at.size * at.rows - 1)).toBeNull();
  });

  it("goes by arrows and stays at the edges", () => {
    const at = { columns: 4, rows: 3, size: 10, height: 30 };
    expect(neighbour(at, 10, 0, "ArrowRight")).toBe(1);
    expect(neighbour(at, 10, 0, "ArrowUp")).toBe(0);
    expect(neighbour(at, 10, 1, "ArrowDown")).toBe(5);
    expect(neighbour(at, 10, 9, "ArrowDown")).toBe(9);
    expect(neighbour(at, 10, 3, "End")).toBe(9);
    expect(neighbour(at, 10, 3, "x")).toBeNull();
  });
});

describe("stack", () => {
  it("adds up to the height and hides nothing that is there", () => {
    const parts = stack(cell({ up: 1, down: 65_000, timed_out: 3, unfinished: 9, running: 4 }), 12);
    expect(parts.reduce((sum, [, px]) => sum + px, 0)).toBe(12);
    expect(parts.map(([share]) => share)).toEqual([
      "up",
      "timed_out",
      "running",
      "unfinished",
      "down",
    ]);
    expect(parts.every(([, px]) => px >= 1)).toBe(true);
  });

  it("draws nothing of an empty block", () => {
    expect(stack(cell({}), 12)).toEqual([]);
  });
});

it("knows blocks of one address", () => {
  expect(addressOf("10.0.0.1/32")).toBe("10.0.0.1");
  expect(addressOf("fd00::1/128")).toBe("fd00::1");
  expect(addressOf("10.0.0.0/24")).toBeNull();
});
