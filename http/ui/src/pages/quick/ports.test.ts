import { expect, it } from "vitest";
import type { Host } from "@/api/client";
import { noPorts, portRows } from "./ports";

const host = (id: number, states: string[], verdict = "up") =>
  ({
    id,
    verdict,
    ports: states.map((state, at) => ({ state, protocol: "tcp", port_number: at + 1 })),
  }) as unknown as Host;

it("has a row for each open port, and one for a host without any", () => {
  const rows = portRows([host(1, ["open", "closed", "open|filtered"]), host(2, ["closed"])]);
  expect(rows.map((row) => [row.key, row.isFirst])).toEqual([
    ["1/tcp1", true],
    ["1/tcp3", false],
    ["2/", true],
  ]);
});

it("says of a host only what is known", () => {
  expect(noPorts(host(1, ["closed"]))).toContain("1 others");
  expect(noPorts(host(1, []))).toBe("no open port");
  expect(noPorts(host(1, [], "timed_out"))).toBe("");
});
