import { expect, it } from "vitest";
import { readRecent, withRecent } from "./recent";

it("reads nothing of what it did not write", () => {
  expect(readRecent(null)).toEqual([]);
  expect(readRecent("{")).toEqual([]);
  expect(readRecent('{"a":1}')).toEqual([]);
  expect(readRecent('["q=a",1,null,"q=b"]')).toEqual(["q=a", "q=b"]);
});

it("keeps each once, newest first, and not what was typed on the way", () => {
  expect(withRecent(["q=ng", "q=ssh"], "q=nginx")).toEqual(["q=nginx", "q=ssh"]);
  expect(withRecent(["q=a", "q=b"], "q=b")).toEqual(["q=b", "q=a"]);
  expect(withRecent(["1", "2", "3", "4", "5", "6", "7", "8"], "9")).toHaveLength(8);
});
