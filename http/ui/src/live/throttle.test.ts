import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Throttle } from "./throttle";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("acts at once, then once for all that was asked meanwhile", () => {
  const act = vi.fn();
  const throttle = new Throttle(1_000, act);
  for (let i = 0; i < 50; i += 1) throttle.ask();
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(act).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(5_000);
  expect(act).toHaveBeenCalledTimes(2);
  throttle.ask();
  expect(act).toHaveBeenCalledTimes(3);
});

it("does nothing after it was stopped", () => {
  const act = vi.fn();
  const throttle = new Throttle(1_000, act);
  throttle.ask();
  throttle.ask();
  throttle.stop();
  vi.advanceTimersByTime(5_000);
  expect(act).toHaveBeenCalledTimes(1);
});
