// What the parts of the form are given: the draft, how to change it, and what is wrong with it.
import type { Preview, Schemas } from "@/api/client";

import type { Draft } from "./draft";
import { fieldOf } from "./draft";

type FieldError = Pick<Schemas["FieldError"], "pointer" | "detail">;

export interface FormParts {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  /** What is wrong, by field. */
  errors: Partial<Record<keyof Draft, string>>;
}

/** Sorts errors of the server to the fields that they are about; the rest stands by itself. */
export function sortErrors(found: readonly FieldError[]): {
  fields: Partial<Record<keyof Draft, string>>;
  rest: string[];
} {
  const fields: Partial<Record<keyof Draft, string>> = {};
  const rest: string[] = [];
  for (const one of found) {
    const field = fieldOf(one.pointer);
    if (field === null) rest.push(one.detail);
    else if (!fields[field]?.includes(one.detail))
      fields[field] = fields[field] ? `${fields[field]}; ${one.detail}` : one.detail;
  }
  return { fields, rest };
}

/** Why a scan cannot start yet, in one line each; nothing when it can. */
export function hindrances(preview: Preview | null, own: number, targets: number): string[] {
  const found: string[] = [];
  const say = (n: number, one: string, many: string) => {
    if (n > 0) found.push(`${n} ${n === 1 ? one : many}`);
  };
  if (targets === 0) found.push("no target");
  say(own, "field that is no number", "fields that are no numbers");
  if (!preview) return found;
  say(preview.invalid.length, "line that cannot be read", "lines that cannot be read");
  say(preview.refused.length, "refused flag", "refused flags");
  if (!preview.scope.allowed) found.push("targets out of scope");
  const others = preview.problems.filter(
    (one) => !(one.pointer.startsWith("/targets") && !preview.scope.allowed),
  );
  if (targets > 0) say(others.length, "field to mend", "fields to mend");
  return found;
}
