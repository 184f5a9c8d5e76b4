import { expect, it } from "vitest";
import { sidesWithMore } from "./edges";

it.each([
  [0, 300, 300, ""],
  [0, 300, 900, "right"],
  [200, 300, 900, "left right"],
  [599.4, 300, 900, "left"],
  [0.6, 300, 301, ""],
])("at %d of %d in %d there is more at: %s", (scrollLeft, clientWidth, scrollWidth, sides) => {
  expect(sidesWithMore({ scrollLeft, clientWidth, scrollWidth })).toBe(sides);
});
