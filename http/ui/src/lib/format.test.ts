import { describe, expect, it } from "vitest";
import { ago, bytes, count, counted, duration, percent, shell, words } from "./format";

describe("numbers", () => {
  it("groups digits and agrees in number", () => {
    expect(count(16777216)).toBe("16,777,216");
    expect(counted(1, "host")).toBe("1 host");
    expect(counted(0, "batch", "batches")).toBe("0 batches");
  });

  it("never rounds to done or to nothing", () => {
    expect(percent(0, 10)).toBe("0 %");
    expect(percent(1, 100_000)).toBe("< 0.1 %");
    expect(percent(99_999, 100_000)).toBe("> 99.9 %");
    expect(percent(996, 1000)).toBe("99 %");
    expect(percent(5, 5)).toBe("100 %");
    expect(percent(0, 0)).toBe("100 %");
  });

  it("names sizes and spans in fitting units", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(bytes(5 * 1024 ** 3)).toBe("5.0 GiB");
    expect(duration(850)).toBe("850 ms");
    expect(duration(12_340)).toBe("12 s");
    expect(duration(245_000)).toBe("4 min 05 s");
    expect(duration(7_620_000)).toBe("2 h 07 min");
    expect(duration(100 * 3_600_000)).toBe("4 d 4 h");
  });

  it("tells how long ago", () => {
    const now = Date.parse("2026-01-01T12:00:00Z");
    expect(ago("2026-01-01T11:57:00Z", now)).toBe("3 min. ago");
    expect(ago("2026-01-01T11:59:58Z", now)).toBe("just now");
    expect(ago("2025-12-30T12:00:00Z", now)).toBe("2 days ago");
  });
});

describe("commands", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(shell(["nmap", "--script", "a b", "it's"])).toBe("nmap --script 'a b' 'it'\\''s'");
  });

  it("splits as a shell does, and back", () => {
    expect(words("  -sS  -p '1 2' \"a\\\"b\" c\\ d ''")).toEqual([
      "-sS",
      "-p",
      "1 2",
      'a"b',
      "c d",
      "",
    ]);
    const argv = ["-p", "U:53,T:80", "it's", "a b", ""];
    expect(words(shell(argv))).toEqual(argv);
  });
});
