import { expect, it } from "vitest";
import { withoutNames } from "./preview";

it("keeps names that may be half typed from being looked up", () => {
  const request = {
    targets: ["10.0.0.0/24", "exam", "fd00::ab"],
    exclude: ["10.0.0.9", "printer"],
  };
  const asked = withoutNames(request);
  expect(asked.waiting).toBe(2);
  expect(asked.request.policy?.resolve).toBe(false);
  expect(asked.request.policy?.attempts_max).toBe(3);
  expect(asked.request.exclude).toEqual(["10.0.0.9"]);
});

it("leaves a request without names as it is", () => {
  const request = { targets: ["10.0.0.0/24", "fd00::ab"], exclude: [] };
  expect(withoutNames(request)).toEqual({ request, waiting: 0 });
});
