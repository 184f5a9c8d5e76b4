import { expect, it } from "vitest";
import { aNumber, anId, aText, oneOf, readParams } from "./search-params";

const readers = { q: aText, port: aNumber(0, 65_535), scan: anId, verdict: oneOf(["up", "down"]) };

it("reads what is valid, whatever type the router made of it", () => {
  expect(readParams(readers, { q: 80, port: 443, scan: "7", verdict: "UP" })).toEqual({
    q: "80",
    port: 443,
    scan: 7,
    verdict: "up",
  });
  expect(readParams(readers, { q: true })).toEqual({ q: "true" });
});

it("leaves out what is not valid", () => {
  const raw = { q: "  ", port: 65_536, scan: 0, verdict: "sideways", other: 1 };
  expect(readParams(readers, raw)).toEqual({});
  expect(readParams(readers, { q: { a: 1 }, port: [80], scan: null, verdict: "up" })).toEqual({
    verdict: "up",
  });
  expect(readParams(readers, { port: "1e3" })).toEqual({});
});

it("takes positive whole numbers as ids only", () => {
  expect(["7", "1e3", "0", "-1", "x", "", "99999999999999999999"].map(anId)).toEqual([
    7,
    ...Array(6).fill(undefined),
  ]);
});
