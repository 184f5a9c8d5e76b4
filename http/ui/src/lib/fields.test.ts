import { describe, expect, it } from "vitest";
import { ApiProblem } from "@/api/client";
import { formErrors } from "./fields";

const problem = (
  errors: { pointer: string; code: string; detail: string }[],
  code = "invalid-value",
) =>
  new ApiProblem({
    type: "urn:netscan:problem:invalid-value",
    title: "A value is out of its range",
    status: 422,
    code,
    detail: "the whole",
    errors,
  });

describe("formErrors", () => {
  it("puts each error at its field, all of them", () => {
    const found = formErrors(
      problem([
        { pointer: "/slots", code: "out-of-range", detail: "1 to 4096" },
        { pointer: "/packet_rate", code: "out-of-range", detail: "1000 or more" },
        { pointer: "/packet_rate", code: "odd", detail: "and whole" },
      ]),
      ["slots", "packet_rate"],
    );
    expect(found).toEqual({
      fields: { slots: "1 to 4096", packet_rate: "1000 or more; and whole" },
      rest: null,
    });
  });

  it("keeps what is about no field of the form", () => {
    expect(formErrors(problem([{ pointer: "/other/0", code: "x", detail: "odd" }]), ["a"])).toEqual(
      {
        fields: {},
        rest: "odd",
      },
    );
    expect(formErrors(problem([]), ["a"]).rest).toBe("the whole");
    expect(formErrors(new Error("lost"), ["a"]).rest).toBe("lost");
  });

  it("puts a name that is taken at the name, where the form has one", () => {
    const taken = problem([], "profile-name-taken");
    expect(formErrors(taken, ["name", "flags"])).toEqual({
      fields: { name: "the whole" },
      rest: null,
    });
    expect(formErrors(taken, ["flags"]).rest).toBe("the whole");
  });
});
