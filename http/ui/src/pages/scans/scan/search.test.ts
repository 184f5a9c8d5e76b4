import { describe, expect, it } from "vitest";
import { readParams, written } from "@/lib/search-params";
import { PARAMS, parseTab } from "./search";

describe("the URL of a scan's page", () => {
  it("takes what means nothing for nothing", () => {
    const found = readParams(PARAMS, {
      within: "10.0.0.0/8,<script>,nonsense",
      status: "broken",
      batch: "-4",
      stream: 7,
      find: { a: 1 },
      kinds: "batches,<x>",
      verdict: null,
    });
    expect(found).toEqual({ within: ["10.0.0.0/8"], kinds: ["batches"] });
    expect(parseTab("nothing")).toBe("overview");
  });

  it("reads what it writes", () => {
    const search = readParams(PARAMS, {
      within: "10.0.0.0/8,10.1.0.0/16,fd00::/64",
      view: "table",
      status: "failed",
      batch: 12,
      stream: "stderr",
      find: " 22",
      wrap: true,
      kinds: "batches,pauses",
      verdict: "up",
    });
    expect(Object.keys(search)).toHaveLength(9);
    expect(readParams(PARAMS, written(search))).toEqual(search);
    expect(search.within).toHaveLength(3);
  });
});
