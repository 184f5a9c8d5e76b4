import { describe, expect, it } from "vitest";
import { parseSearch, parseTab, writeSearch } from "./search";

describe("the URL of a scan's page", () => {
  it("takes what means nothing for nothing", () => {
    const found = parseSearch({
      within: "10.0.0.0/8,<script>,nonsense",
      status: "broken",
      batch: "-4",
      stream: 7,
      find: { a: 1 },
      kinds: "batches,<x>",
      verdict: null,
    });
    expect(found).toMatchObject({
      within: ["10.0.0.0/8"],
      status: null,
      batch: null,
      stream: null,
      kinds: ["batches"],
      verdict: null,
    });
    expect(parseTab("nothing")).toBe("overview");
  });

  it("reads what it writes", () => {
    const search = parseSearch({
      within: "10.0.0.0/8,10.1.0.0/16,fd00::/64",
      view: "table",
      status: "failed",
      batch: 12,
      stream: "stderr",
      find: "22",
      wrap: true,
      kinds: "batches,pauses",
      verdict: "up",
    });
    expect(parseSearch(writeSearch(search))).toEqual(search);
    expect(search.within).toHaveLength(3);
  });

  it("leaves out what is as it would be anyway", () => {
    expect(Object.values(writeSearch(parseSearch({}))).every((one) => one === undefined)).toBe(
      true,
    );
  });
});
