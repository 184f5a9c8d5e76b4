import { expect, it } from "vitest";
import { copyName, NAME_MAX } from "./editing";

it("finds a name that is free and not too long", () => {
  expect(copyName({ name: "fast" }, [{ name: "fast" }])).toBe("fast-copy");
  expect(copyName({ name: "fast" }, [{ name: "fast-copy" }, { name: "fast-copy-2" }])).toBe(
    "fast-copy-3",
  );
  expect(copyName({ name: "x".repeat(64) }, []).length).toBeLessThanOrEqual(NAME_MAX);
});
