import { expect, it } from "vitest";
import { entriesFor } from "./places";

const scan = (id: number, targets: string[], name: string | null = null) =>
  ({ id, name, targets, targets_truncated: false, status: "completed" }) as const;
const keys = (
  text: string,
  scans = [scan(1, ["127.0.0.0/28"]), scan(2, ["127.0.0.9"], "weekly")],
) => entriesFor(text, scans).map((entry) => entry.key);

it("offers all pages, and no search, before anything is typed", () => {
  expect(keys(" ")).toContain("/system");
  expect(keys("")).not.toContain("search");
});

it("offers the page of an address first", () => {
  expect(keys("127.0.0.9")).toEqual(["address", "scan2", "search"]);
  expect(entriesFor("::1", [])[0]?.to).toBe("/addresses/%3A%3A1");
  expect(keys("127.0.0.")).toEqual(["scan1", "scan2", "search"]);
});

it("shows the targets of a scan that has no name", () => {
  const labels = entriesFor("scan ", [scan(1, ["127.0.0.0/28", "127.0.1.1"])]).map(
    (one) => one.label,
  );
  expect(labels).toContain("Scan 1: 127.0.0.0/28 + 1 more");
  expect(keys("weekly")).toEqual(["scan2", "search"]);
});

it("keeps the search when there is more than fits", () => {
  const many = Array.from({ length: 30 }, (_, at) => scan(at + 1, ["127.0.0.1"]));
  const found = keys("127.0.0.1", many);
  expect(found).toHaveLength(12);
  expect(found.at(-1)).toBe("search");
});
