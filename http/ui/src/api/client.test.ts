import { expect, it } from "vitest";
import { ApiProblem, isMissing } from "./client";

it("tells what is not there from what failed", () => {
  const problem = (status: number) =>
    new ApiProblem({ type: "t", title: "t", status, code: "c", detail: "d" });
  expect(isMissing(problem(404))).toBe(true);
  expect(isMissing(problem(500))).toBe(false);
  expect(isMissing(new Error("404"))).toBe(false);
  expect(isMissing(null)).toBe(false);
});
