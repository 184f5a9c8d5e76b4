import { expect, it } from "vitest";
import { compareAddresses, isAddress } from "./address";

it("knows an address from other words", () => {
  for (const good of ["10.0.0.1", "::", "::1", "fe80::1", "1:2:3:4:5:6:7:8"])
    expect(isAddress(good)).toBe(true);
  for (const bad of ["", "10.0.0", "10.0.0.256", "1::2::3", "10.0.0.0/8", "host", ":::", "1:2"])
    expect(isAddress(bad)).toBe(false);
});

it("orders by number, IPv4 first", () => {
  const mixed = ["host", "::2", "10.0.0.10", "::1", "10.0.0.9", "fe80::1"];
  expect(mixed.sort(compareAddresses)).toEqual([
    "10.0.0.9",
    "10.0.0.10",
    "::1",
    "::2",
    "fe80::1",
    "host",
  ]);
});
