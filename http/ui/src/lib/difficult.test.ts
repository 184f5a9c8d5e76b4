import { expect, it } from "vitest";
import {
  type Difficult,
  linkTargets,
  reasonHelp,
  reasonLabel,
  reasonOf,
  reasons,
} from "./difficult";

const target = (address: string, ...why: string[]): Difficult => ({
  address,
  times: why.length,
  history: why.map((reason) => ({ scan_id: 1, batch_id: 1, reason, detail: "", at: "" })),
});

it("goes by the newest try", () => {
  expect(reasonOf(target("::1", "stalled", "deadline"))).toBe("stalled");
  expect(reasonOf(target("::1"))).toBe("unknown");
  const all = [target("1", "deadline"), target("2", "stalled"), target("3", "stalled", "deadline")];
  expect(reasons(all)).toEqual([
    { reason: "stalled", count: 2 },
    { reason: "deadline", count: 1 },
  ]);
});

it("says reasons in words, those of a newer server too", () => {
  expect(reasonLabel("deadline")).toBe("Out of time");
  expect(reasonLabel("moon_phase")).toBe("Moon phase");
  expect(reasonHelp("moon_phase")).toBeNull();
});

it("makes no link that is too long for a browser", () => {
  expect(linkTargets(["10.0.0.1", "::1"])).toBe("10.0.0.1 ::1");
  expect(linkTargets(Array.from({ length: 1_000 }, (_, at) => `10.0.${at}.1`))).toBeNull();
});
