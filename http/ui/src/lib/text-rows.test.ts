import { describe, expect, it } from "vitest";
import { Matches, TextRows } from "./text-rows";

const rowsOf = (lines: string[], width: number | null) => {
  const rows = new TextRows<string>((line) => line, width);
  for (const line of lines) rows.push(line);
  return rows;
};
const shown = (rows: TextRows<string>) =>
  Array.from({ length: rows.rows }, (_, row) => {
    const part = rows.at(row);
    return part ? (rows.line(part.line) ?? "").slice(part.from, part.to) : "none";
  });

describe("TextRows", () => {
  it("has a row for each line when nothing wraps", () => {
    const rows = rowsOf(["a", "bb", ""], null);
    expect(shown(rows)).toEqual(["a", "bb", ""]);
    expect(rows.widest).toBe(2);
    expect(rows.at(3)).toBeNull();
  });

  it("cuts lines at the width and loses nothing", () => {
    const rows = rowsOf(["abcdefg", "", "hij", "日本語"], 3);
    expect(shown(rows)).toEqual(["abc", "def", "g", "", "hij", "日", "本", "語"]);
    expect(rows.rowOf(2)).toBe(4);
    expect(rows.rowOf(0)).toBe(0);
  });

  it("keeps the numbers of lines when the first ones go, and says by how many rows", () => {
    for (const width of [null, 2]) {
      const rows = rowsOf(["abcd", "ef", "ghij", "k"], width);
      const before = rows.rows;
      rows.dropFirst(2);
      expect(rows.first).toBe(2);
      expect(rows.line(2)).toBe("ghij");
      expect(-rows.origin).toBe(before - rows.rows);
      rows.push("lmno");
      expect(shown(rows).join("")).toBe("ghijklmno");
      expect(rows.line(rows.at(rows.rowOf(4))?.line ?? -1)).toBe("lmno");
    }
  });

  it("says how many rows older lines take", () => {
    const rows = rowsOf(["c"], 2);
    rows.fill(["aaaa", "b", "c"], true);
    expect(rows.origin).toBe(3);
    expect(shown(rows)).toEqual(["aa", "aa", "b", "c"]);
    expect([rows.first, rows.line(0), rows.line(-2)]).toEqual([-2, "c", "aaaa"]);
  });
});

describe("Matches", () => {
  it("finds as lines come, forgets as they go, and goes round", () => {
    const rows = rowsOf(["Open 22", "closed", "open 80"], null);
    const matches = new Matches<string>("OPEN");
    matches.sync(rows);
    expect(matches.count).toBe(2);
    expect(matches.next(0, 1)).toBe(2);
    expect(matches.next(2, 1)).toBe(0);
    expect(matches.next(0, -1)).toBe(2);
    rows.push("open 443");
    rows.dropFirst(1);
    matches.sync(rows);
    expect(matches.count).toBe(2);
    expect(matches.indexOf(2)).toBe(0);
    expect(matches.indexOf(3)).toBe(1);
    expect(matches.indexOf(1)).toBe(-1);
    rows.fill(["no", "open"], false);
    matches.sync(rows);
    expect([matches.count, matches.next(-1, 1)]).toEqual([1, 1]);
  });

  it("finds nothing where nothing is searched", () => {
    const matches = new Matches<string>("");
    matches.sync(rowsOf(["a"], null));
    expect([matches.count, matches.next(0, 1)]).toEqual([0, null]);
  });
});
