// What is rarely changed: the size of batches, how hard to try, and when to give up.
import type { ReactNode } from "react";
import { Field, Input } from "@/components/basics";
import type { Draft } from "./draft";
import type { FormParts } from "./form";

type NumberField =
  | "chunk"
  | "concurrency"
  | "attempts"
  | "backoffMs"
  | "batchTimeoutS"
  | "stallTimeoutS"
  | "resplitMin";

/** Fields of this part, so that the page knows whether something in it is wrong. */
export const ADVANCED: readonly (keyof Draft)[] = [
  "chunk",
  "concurrency",
  "attempts",
  "backoffMs",
  "batchTimeoutS",
  "stallTimeoutS",
  "resplitMin",
];

export function Advanced({ draft, change, errors }: FormParts) {
  const number = (field: NumberField, label: string, hint: ReactNode, placeholder: string) => (
    <Field id={field} label={label} hint={hint} error={errors[field]}>
      <Input
        id={field}
        inputMode="decimal"
        autoComplete="off"
        className="num"
        placeholder={placeholder}
        aria-invalid={Boolean(errors[field])}
        value={draft[field]}
        onChange={(event) => change({ [field]: event.target.value })}
      />
    </Field>
  );
  const isGiven = draft.chunk.trim() !== "" || draft.concurrency.trim() !== "";
  return (
    <div className="flex flex-col gap-6">
      <section className="flex flex-col gap-3">
        <h3 className="text-sm font-semibold">Batches</h3>
        <div className="grid gap-4 sm:grid-cols-2">
          {number("chunk", "Addresses in a batch", "Empty: netscan chooses.", "chosen")}
          {number("concurrency", "Batches at once", "Empty: netscan chooses.", "chosen")}
        </div>
        <Check
          field="adaptive"
          label={isGiven ? "Tune from these numbers on" : "Tune both while the scan runs"}
          hint={isGiven ? "Otherwise they are kept." : "By how fast batches end and what fails."}
          {...{ draft, change }}
        />
      </section>
      <section className="flex flex-col gap-3">
        <h3 className="text-sm font-semibold">When nmap fails</h3>
        <div className="grid gap-4 sm:grid-cols-2">
          {number("attempts", "Attempts at a batch", "The first included; 1 to 20.", "3")}
          {number(
            "backoffMs",
            "Wait before the second (ms)",
            "Doubled for each later one.",
            "1000",
          )}
          {number("stallTimeoutS", "Stalled after (s)", "So long without any progress.", "300")}
          {number("batchTimeoutS", "Longest run of a batch (s)", "Empty: no bound.", "no bound")}
        </div>
        <Check
          field="resplit"
          label="Cut a failing batch into halves"
          hint="Until the hosts that fail are alone."
          {...{ draft, change }}
        />
        {draft.resplit ? (
          <div className="grid gap-4 pl-6.5 sm:grid-cols-2">
            {number("resplitMin", "Down to addresses", "A batch of so many is not cut.", "1")}
          </div>
        ) : null}
        <Check
          field="salvage"
          label="Keep finished hosts of a failed attempt"
          hint="Only the others are scanned again."
          {...{ draft, change }}
        />
      </section>
      <section className="flex flex-col gap-3">
        <h3 className="text-sm font-semibold">Names</h3>
        <Check
          field="resolve"
          label="Resolve host names among the targets"
          hint="Otherwise a name counts as unresolved."
          {...{ draft, change }}
        />
      </section>
    </div>
  );
}

function Check({
  field,
  label,
  hint,
  draft,
  change,
}: {
  field: "adaptive" | "resplit" | "salvage" | "resolve";
  label: string;
  hint: string;
} & Pick<FormParts, "draft" | "change">) {
  return (
    <label className="flex min-h-7 cursor-pointer items-start gap-2.5 text-sm">
      <input
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-accent"
        checked={draft[field]}
        onChange={(event) => change({ [field]: event.target.checked })}
      />
      <span>
        {label}
        <span className="block text-xs text-muted">{hint}</span>
      </span>
    </label>
  );
}
