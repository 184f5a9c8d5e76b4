import { describe, expect, it } from "vitest";
import type { Scan } from "@/api/client";
import { hasWords, isInterrupted, needAttention, ranFor, scanTitle, targetsText } from "./scans";

const scan = (fields: Partial<Scan>): Scan =>
  ({
    id: 7,
    name: null,
    project_name: "Office",
    targets: ["10.0.0.0/24"],
    nmap_flags: ["-sT"],
    status: "completed",
    is_live: false,
    verdicts: { up: 0, down: 0, timed_out: 0, unfinished: 0, excluded: 0, unresolved: 0 },
    ...fields,
  }) as Scan;

describe("names of scans", () => {
  it("falls back to what the scan is of, and to its number", () => {
    expect(scanTitle(scan({ name: "Lab" }))).toBe("Lab");
    expect(scanTitle(scan({ targets: ["a", "b"] }))).toBe("a + 1 more");
    expect(scanTitle(scan({ targets: [] }))).toBe("Scan 7");
  });

  it("does not count what the list left out", () => {
    expect(targetsText({ targets: Array(100).fill("x"), targets_truncated: true }, 1)).toBe(
      "x + over 99 more",
    );
  });
});

it("finds all words, in any of the fields and any case", () => {
  expect(hasWords(scan({ name: "Lab" }), "lab OFFICE")).toBe(true);
  expect(hasWords(scan({}), "#7")).toBe(true);
  expect(hasWords(scan({}), "office 10.9")).toBe(false);
});

it("runs until now, until its end, or not yet", () => {
  const started_at = "2026-01-01T00:00:00Z";
  const now = Date.parse("2026-01-01T00:01:00Z");
  expect(ranFor({ started_at, finished_at: null }, now)).toBe(60_000);
  expect(ranFor({ started_at, finished_at: "2026-01-01T00:00:05Z" }, now)).toBe(5_000);
  expect(ranFor({ started_at: null, finished_at: null }, now)).toBeNull();
});

describe("what needs attention", () => {
  const undone = { up: 0, down: 0, timed_out: 0, unfinished: 3, excluded: 0, unresolved: 0 };
  it("is what failed, was stopped with targets left, or was cut off", () => {
    const failed = scan({ id: 1, status: "failed" });
    const stopped = scan({ id: 2, status: "stopped", verdicts: undone });
    const cut = scan({ id: 3, status: "running", is_live: false });
    const fine = [
      scan({ id: 4 }),
      scan({ id: 5, status: "stopped" }),
      scan({ id: 6, status: "running", is_live: true }),
    ];
    expect(needAttention([failed, stopped, cut, ...fine])).toEqual([failed, stopped, cut]);
    expect(isInterrupted(cut)).toBe(true);
  });

  it("is not what was scanned again", () => {
    const failed = scan({ id: 1, status: "failed" });
    expect(needAttention([failed, scan({ id: 2, parent_scan_id: 1 })])).toEqual([]);
  });
});
