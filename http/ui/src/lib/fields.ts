// Puts what the server said about fields of a form beside those fields.
import { ApiProblem } from "@/api/client";

/** What is wrong with a form: by the field's name, and what belongs to none of its fields. */
export interface FormErrors {
  fields: Record<string, string>;
  rest: string | null;
}

export const NO_ERRORS: FormErrors = { fields: {}, rest: null };

/**
 * Sorts a failure to the fields it is about. `known` are the names of the form's fields. That a name
 * is taken is the name's fault, even when the server points at no field.
 */
export function formErrors(failure: unknown, known: readonly string[]): FormErrors {
  if (!(failure instanceof ApiProblem)) {
    return { fields: {}, rest: failure instanceof Error ? failure.message : String(failure) };
  }
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const one of failure.problem.errors ?? []) {
    const name = one.pointer.split("/")[1] ?? "";
    if (!known.includes(name)) rest.push(one.detail);
    else fields[name] = fields[name] ? `${fields[name]}; ${one.detail}` : one.detail;
  }
  if (Object.keys(fields).length === 0 && rest.length === 0) {
    const { code, detail } = failure.problem;
    if (code.endsWith("name-taken") && known.includes("name")) fields.name = detail;
    else rest.push(detail);
  }
  return { fields, rest: rest.length > 0 ? rest.join("; ") : null };
}
