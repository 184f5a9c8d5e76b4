import { expect, it, vi } from "vitest";
import { Sayers } from "./stale";

it("is said while one says it", () => {
  const sayers = new Sayers();
  const watcher = vi.fn();
  sayers.subscribe(watcher);
  const first = sayers.add();
  const second = sayers.add();
  first();
  first();
  expect(sayers.any).toBe(true);
  second();
  expect(sayers.any).toBe(false);
  expect(watcher).toHaveBeenCalledTimes(4);
});
