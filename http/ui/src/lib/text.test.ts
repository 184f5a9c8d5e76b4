import { describe, expect, it } from "vitest";
import { columns, places, rowEnd, visible } from "./text";

describe("visible", () => {
  it("shows what would move or hide text, and moves no place", () => {
    const hostile = "a\u001b[31mb\u202ec\u200bd\te\u0000";
    const shown = visible(hostile);
    expect(shown).toBe("a\u241b[31mb\ufffdc\ufffdd e\u2400");
    expect(shown).toHaveLength(hostile.length);
  });
  it("leaves other text as it is", () => {
    expect(visible("ssh  OpenSSH 9.2 – ünï 日本")).toBe("ssh  OpenSSH 9.2 – ünï 日本");
  });
});

describe("rowEnd", () => {
  it("cuts at the width, counts wide signs double and halves no pair", () => {
    expect(rowEnd("abcdef", 0, 4)).toBe(4);
    expect(rowEnd("日本語", 0, 4)).toBe(2);
    expect(rowEnd("a😀b", 0, 2)).toBe(1);
    expect(rowEnd("😀b", 0, 1)).toBe(2);
    expect(columns("ab日")).toBe(4);
  });
});

it("finds each place once, in any case", () => {
  expect(places("Open open OPEN", "open")).toEqual([0, 5, 10]);
  expect(places("aaaa", "aa")).toEqual([0, 2]);
  expect(places("x", "")).toEqual([]);
});
