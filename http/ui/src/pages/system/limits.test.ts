import { expect, it } from "vitest";
import { limitsChange, shownLimits } from "./limits";

const STANDS = { slots: 64, packet_rate: 80_000, memory_reserve_bytes: 268_435_456 };

it("shows no bound as 0, and memory in MiB", () => {
  expect(shownLimits({ ...STANDS, packet_rate: null })).toEqual({
    slots: "64",
    packet_rate: "0",
    memory_reserve_bytes: "256",
  });
});

it("sends what differs only", () => {
  expect(limitsChange(STANDS, { slots: "64", packet_rate: "1,000" })).toEqual({
    change: { packet_rate: 1000 },
    wrong: {},
  });
  expect(limitsChange(STANDS, { memory_reserve_bytes: "512" }).change).toEqual({
    memory_reserve_bytes: 536_870_912,
  });
  expect(limitsChange({ ...STANDS, packet_rate: null }, { packet_rate: "0" }).change).toEqual({});
});

it("says what is no number before it is sent", () => {
  for (const typed of ["", "-1", "1.5", "x", "1e3", "99999999999999999999"]) {
    const { change, wrong } = limitsChange(STANDS, { slots: typed });
    expect(change).toEqual({});
    expect(wrong.slots).toMatch(/whole number/);
  }
});
