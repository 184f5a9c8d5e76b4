import { describe, expect, it } from "vitest";
import { type Range, readRange, readRanges, size, sizeText, union, within } from "./ranges";

const read = (...texts: string[]): Range[] => {
  const found = readRanges(texts);
  if (!found) throw new Error(`cannot read ${texts}`);
  return found;
};

describe("readRange", () => {
  it("takes addresses, blocks and ranges of both families", () => {
    expect(readRange("10.0.0.7/24")).toEqual({ family: 4, from: 0x0a000000n, to: 0x0a0000ffn });
    expect(readRange("127.0.0.1-127.0.0.3")).toMatchObject({ from: 0x7f000001n, to: 0x7f000003n });
    expect(readRange("::1")).toEqual({ family: 6, from: 1n, to: 1n });
    expect(readRange("fd00::/8")?.to).toBe((0xfen << 120n) - 1n);
    expect(readRange("0.0.0.0/0")?.to).toBe(0xffffffffn);
    expect(readRange("fc00::-fd00:ec2::253")?.family).toBe(6);
  });

  it("takes nothing else", () => {
    for (const text of ["", "host", "10.0.0.256", "10.0.0.0/33", "::1/129", "10.0.0.9-10.0.0.1"])
      expect(readRange(text)).toBeNull();
    for (const text of ["1::2::3", "1:2:3", "10.0.0.1-::1", "a-b-c", "10.0.0.1/x"])
      expect(readRange(text)).toBeNull();
    expect(readRanges(["10.0.0.1", "x"])).toBeNull();
  });
});

it("joins what touches and keeps what does not", () => {
  expect(union(read("10.0.0.128/25", "10.0.0.0/25", "10.0.2.0/24"))).toEqual(
    read("10.0.0.0/24", "10.0.2.0/24"),
  );
});

it("cuts one set with another", () => {
  expect(within(read("10.0.0.0/8"), read("10.0.0.0/24", "11.0.0.0/24"))).toEqual(
    read("10.0.0.0/24"),
  );
  expect(within(read("::/0"), read("0.0.0.0/0"))).toEqual([]);
});

it("counts each address once", () => {
  expect(size(read("10.0.0.0/24", "10.0.0.0/25", "::1"), 4)).toBe(256n);
  expect(sizeText(read("10.0.0.0/8", "::1"))).toBe("16,777,216 of IPv4 and 1 of IPv6");
  expect(sizeText(read("fd00::/8"))).toBe("2^120 of IPv6");
  expect(sizeText([])).toBe("none");
});
