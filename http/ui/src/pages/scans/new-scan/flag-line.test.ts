import { expect, it } from "vitest";
import { toggleFlags } from "./flag-line";

it("puts flags in, and takes them out again", () => {
  expect(toggleFlags("", "-sV")).toBe("-sV");
  expect(toggleFlags("-sT -sV", "-sV")).toBe("-sT");
  expect(toggleFlags("--script-args 'a b'", "-O")).toBe("--script-args 'a b' -O");
});

it("lets the new one win where two say the same thing", () => {
  expect(toggleFlags("-sT -p 1-100 -T3", "-p-")).toBe("-sT -T3 -p-");
  expect(toggleFlags("-p22 -sT", "-F")).toBe("-sT -F");
  expect(toggleFlags("-T3", "-T4")).toBe("-T4");
  expect(toggleFlags("-T 3 -n", "-T4")).toBe("-n -T4");
});

it("knows that without ports nothing listens", () => {
  expect(toggleFlags("-sV -F -n", "-sn")).toBe("-n -sn");
  expect(toggleFlags("-sn -n", "-sV")).toBe("-n -sV");
});
