import { describe, expect, it } from "vitest";
import type { Preview } from "@/api/client";
import { hindrances, sortErrors } from "./form";

const fine = {
  invalid: [],
  refused: [],
  problems: [],
  scope: { allowed: true, out_of_scope: 0, problems: [] },
} as unknown as Preview;

it("puts what the server says to its field, once, and keeps the rest", () => {
  const { fields, rest } = sortErrors([
    { pointer: "/policy/attempts_max", detail: "too many" },
    { pointer: "/policy/attempts_max", detail: "too many" },
    { pointer: "/nmap_flags/0", detail: "a" },
    { pointer: "/nmap_flags/1", detail: "b" },
    { pointer: "/what", detail: "unknown" },
  ]);
  expect(fields).toEqual({ attempts: "too many", flags: "a; b" });
  expect(rest).toEqual(["unknown"]);
});

describe("hindrances", () => {
  it("has none for a request that the server would take", () => {
    expect(hindrances(fine, 0, 3)).toEqual([]);
  });

  it("names each thing that is in the way", () => {
    const bad = {
      ...fine,
      invalid: [{ target: "x", reason: "y" }],
      refused: [{ flag: "-oX", index: 0, reason: "z" }],
      scope: { ...fine.scope, allowed: false },
      problems: [
        { pointer: "/targets", code: "not-allowed", detail: "out" },
        { pointer: "/name", code: "invalid-name", detail: "bad" },
      ],
    } as Preview;
    expect(hindrances(bad, 2, 1)).toEqual([
      "2 fields that are no numbers",
      "1 line that cannot be read",
      "1 refused flag",
      "targets out of scope",
      "1 field to mend",
    ]);
    expect(hindrances(null, 0, 0)).toEqual(["no target"]);
  });
});
