import { expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { ofAdding, ofRemoving } from "./impact";

type Entry = Schemas["ScopeEntry"];
const allow = (target: string): Entry => ({
  list: "allow",
  target,
  by: "x",
  expired: false,
  source: "stored",
});
const scope = (
  effective: string[],
  entries: Entry[] = [],
  truncated = false,
): Schemas["Scope"] => ({
  allow: entries,
  deny: [],
  effective,
  effective_truncated: truncated,
});

it("warns that the first allow entry shuts out all else", () => {
  const text = ofAdding(scope(["10.0.0.0/8"]), { list: "allow", target: "10.0.0.0/24" });
  expect(text).toContain("only these addresses: 256 of IPv4");
  const more = scope(["10.0.0.0/24"], [allow("10.0.0.0/24")]);
  expect(ofAdding(more, { list: "allow", target: "10.1.0.0/24" })).toContain("too");
});

it("counts what a deny entry takes, where that can be counted", () => {
  const entry = { list: "deny", target: "10.0.0.0/30" } as const;
  expect(ofAdding(scope(["10.0.0.0/8"]), entry)).toContain("4 of IPv4");
  expect(ofAdding(scope(["11.0.0.0/8"]), entry)).toContain("Nothing now");
  expect(ofAdding(scope(["10.0.0.0/8"], [], true), entry)).not.toMatch(/\d/);
  expect(ofAdding(scope([]), { list: "deny", target: "10.0." })).toBeNull();
});

it("warns that without the last allow entry all is open", () => {
  const one = scope(["10.0.0.0/24"], [allow("10.0.0.0/24")]);
  expect(ofRemoving(one, allow("10.0.0.0/24"))).toContain("all that the server may");
  const two = scope(["10.0.0.0/23"], [allow("10.0.0.0/24"), allow("10.0.1.0/24")]);
  expect(ofRemoving(two, allow("10.0.0.0/24"))).toContain("up to 256 of IPv4");
  const same = scope(["10.0.0.0/23"], [allow("10.0.0.0/24"), allow("10.0.0.0/23")]);
  expect(ofRemoving(same, allow("10.0.0.0/24"))).toContain("other entries");
});
