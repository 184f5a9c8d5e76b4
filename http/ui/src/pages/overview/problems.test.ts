import { expect, it } from "vitest";
import type { SystemInfo } from "@/api/client";
import { serverProblems } from "./problems";

const fine = {
  nmap: { path: "/usr/bin/nmap", version: "7.93" },
  nmap_problem: null,
  raw_sockets: true,
  privilege: "root",
  store_health: "ok",
  store_problem: null,
  free_bytes: 1024,
  scope: { problem: null, effective: ["10.0.0.0/8"] },
} as unknown as SystemInfo;

it("says nothing of a server that is well", () => {
  expect(serverProblems(fine)).toEqual([]);
});

it("names what hinders, the worst first, in the server's words", () => {
  const ill = {
    ...fine,
    nmap: null,
    nmap_problem: "not in PATH",
    store_health: "low",
    scope: { ...fine.scope, problem: "doubt" },
    raw_sockets: false,
  } as SystemInfo;
  const found = serverProblems(ill);
  expect(found.map((one) => one.tone)).toEqual(["danger", "warn", "danger", "info"]);
  expect(found.map((one) => one.detail)).toEqual([
    "not in PATH",
    "1.0 KiB are free on its disk.",
    "doubt",
    "root",
  ]);
});

it("says when the scope is empty", () => {
  const empty = { ...fine, scope: { ...fine.scope, effective: [] } } as SystemInfo;
  expect(serverProblems(empty)[0]?.title).toContain("Nothing may be scanned");
});
