import { describe, expect, it } from "vitest";
import { Lines } from "./raw-text";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("Lines", () => {
  it("joins what pieces cut, in the middle of a line or of a letter", () => {
    const found = new Lines();
    const all = bytes("one\r\nzwölf\n\nlast");
    for (let at = 0; at < all.length; at += 1) found.push(all.subarray(at, at + 1));
    found.end();
    expect(found.lines).toEqual(["one", "zwölf", "", "last"]);
    expect(found.bound).toBeNull();
  });

  it("stops at its bounds and says which", () => {
    const some = new Lines(6, 100);
    expect(some.push(bytes("abc\ndefgh"))).toBe(false);
    some.end();
    expect([some.lines, some.bound, some.bytes]).toEqual([["abc", "de"], "bytes", 6]);
    const many = new Lines(1_000, 2);
    expect(many.push(bytes("a\nb\nc\nd\n"))).toBe(false);
    many.end();
    expect([many.lines, many.bound]).toEqual([["a", "b"], "lines"]);
  });

  it("takes an output of just the bound for whole", () => {
    const found = new Lines(4, 100);
    expect(found.push(bytes("abc\n"))).toBe(true);
    found.end();
    expect([found.lines, found.bound]).toEqual([["abc"], null]);
  });

  it("shows bytes that are no text, and goes on", () => {
    const found = new Lines();
    found.push(new Uint8Array([0xff, 0x61, 0x0a, 0x62]));
    found.end();
    expect(found.lines).toEqual(["\ufffda", "b"]);
  });
});
