import { describe, expect, it } from "vitest";
import { lineSpan, placeOf, splitTargets, targetFile } from "./targets";

describe("splitTargets", () => {
  it("takes words with their lines, and leaves comments out", () => {
    const text = "10.0.0.1, 10.0.0.2\r\n# all of it\n\n10.1.0.0/24 # lab\n a , b\n";
    expect(splitTargets(text)).toEqual({
      words: ["10.0.0.1,", "10.0.0.2", "10.1.0.0/24", "a", "b"],
      lines: [1, 1, 4, 5, 5],
    });
    expect(splitTargets(" \n#x")).toEqual({ words: [], lines: [] });
  });

  it("takes a hundred thousand lines in a moment", () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${i & 255}.1`).join("\n");
    const began = performance.now();
    expect(splitTargets(text).words).toHaveLength(100_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

it("finds where a word was written", () => {
  const targets = splitTargets("10.0.0.1\nbad!!");
  const files = [targetFile("a", "x"), targetFile("b", "y\nz/99")];
  const exclude = splitTargets("\nq/1");
  expect(placeOf("bad!!", targets, files, exclude)).toEqual({ where: "targets", line: 2 });
  expect(placeOf("z/99", targets, files, exclude)).toEqual({ where: 1, line: 2 });
  expect(placeOf("q/1", targets, files, exclude)).toEqual({ where: "exclude", line: 2 });
  expect(placeOf("ba…", targets, files, exclude)).toEqual({ where: "targets", line: 2 });
  expect(placeOf("gone", targets, files, exclude)).toBeNull();
});

it("tells where a line is in a text", () => {
  expect(lineSpan("ab\ncd\ne", 2)).toEqual([3, 5]);
  expect(lineSpan("ab\ncd\ne", 3)).toEqual([6, 7]);
  expect(lineSpan("ab", 9)).toEqual([0, 2]);
});
