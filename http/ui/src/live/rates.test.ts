import { describe, expect, it } from "vitest";
import { rates } from "./rates";

describe("rates", () => {
  it("counts over five seconds, and says nothing of the first moment", () => {
    const samples = Array.from({ length: 8 }, (_, s) => ({
      at: s * 1_000,
      done: s * 10,
      lines: s < 4 ? 0 : (s - 3) * 100,
    }));
    const found = rates(samples);
    expect(found.at).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(found.targets).toEqual([null, 10, 10, 10, 10, 10, 10, 10]);
    expect(found.lines[3]).toBe(0);
    expect(found.lines[7]).toBe(400 / 5);
  });

  it("has no rate of targets where nobody said how many are done, and never a negative one", () => {
    const found = rates([
      { at: 0, done: null, lines: 0 },
      { at: 1_000, done: 50, lines: 5 },
      { at: 7_000, done: 40, lines: 5 },
    ]);
    expect(found.targets).toEqual([null, null, 0]);
    expect(found.lines[1]).toBe(5);
  });
});
