import { expect, it } from "vitest";
import type { Scan } from "@/api/client";
import { scanOfRun } from "./run";

const scan = (id: number, targets: string[], nmap_flags: string[]) =>
  ({ id, targets, nmap_flags }) as Scan;
const asked = { targets: ["127.0.0.1"], flags: ["-F"], after: 5 };

it("finds the scan of a run, never an older or another one", () => {
  const mine = scan(7, ["127.0.0.1"], ["-F"]);
  const others = [
    scan(8, ["127.0.0.1"], ["-F", "-sV"]),
    scan(9, ["127.0.0.2"], ["-F"]),
    scan(4, ["127.0.0.1"], ["-F"]),
  ];
  expect(scanOfRun([...others, mine], asked)).toBe(mine);
  expect(scanOfRun(others, asked)).toBeUndefined();
});
