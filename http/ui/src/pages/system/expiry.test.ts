import { expect, it } from "vitest";
import { expiryAt, expiryState, spanMs } from "./expiry";

const NOW = Date.parse("2026-01-01T00:00:00Z");

it("ends when the span is over, or never", () => {
  expect(expiryAt("never", NOW)).toBeNull();
  expect(spanMs("never")).toBeNull();
  expect(expiryAt("week", NOW)).toBe("2026-01-08T00:00:00.000Z");
  expect(spanMs("day")).toBe(86_400_000);
});

it("tells what is over from what is soon", () => {
  expect(expiryState(null, NOW)).toBe("none");
  expect(expiryState("2026-01-01T00:00:00Z", NOW)).toBe("over");
  expect(expiryState("2026-01-07T23:59:59Z", NOW)).toBe("soon");
  expect(expiryState("2026-01-08T00:00:00Z", NOW)).toBe("later");
});
