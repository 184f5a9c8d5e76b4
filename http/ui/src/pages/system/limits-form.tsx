// Changes what all nmaps together may use. What the server refuses is said at the field.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { Button, Field, Input, Notice } from "@/components/basics";
import { useSending } from "@/components/form";
import { say } from "@/components/overlays";
import { NO_ERRORS } from "@/lib/fields";
import { LIMIT_NAMES, type LimitName, type LimitsDraft, limitsChange, shownLimits } from "./limits";

const LABELS: Record<LimitName, { label: string; hint: string }> = {
  slots: { label: "Slots", hint: "nmaps at once, over all scans" },
  packet_rate: {
    label: "Packets a second",
    hint: "Of all nmaps, loopback apart; 0 for no bound",
  },
  memory_reserve_bytes: {
    label: "Memory reserve (MiB)",
    hint: "Left to others: no nmap starts when less would be free",
  },
};

export function LimitsForm({ governor }: { governor: Schemas["Governor"] }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<LimitsDraft>({});
  const { isBusy, errors, setErrors, send } = useSending(LIMIT_NAMES);
  const stands = shownLimits(governor);
  const { change, wrong } = limitsChange(governor, draft);
  const hasChange = Object.keys(change).length > 0 || Object.keys(wrong).length > 0;

  const changeThem = async () => {
    await take(api.PATCH("/api/system/limits", { body: change }));
    await client.invalidateQueries({ queryKey: keys.system });
    setDraft({});
    say("Limits changed", "They hold for what starts next.");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(wrong).length > 0) setErrors({ fields: wrong, rest: null });
    else void send(changeThem);
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-3 p-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-3">
        {LIMIT_NAMES.map((name) => {
          const error = errors.fields[name];
          const id = `limit-${name}`;
          return (
            <Field
              key={name}
              id={id}
              label={LABELS[name].label}
              hint={LABELS[name].hint}
              error={error}
            >
              <Input
                id={id}
                className="num text-right"
                inputMode="numeric"
                autoComplete="off"
                value={draft[name] ?? stands[name]}
                aria-invalid={error ? true : undefined}
                aria-describedby={error ? `${id}-error` : `${id}-hint`}
                onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
              />
            </Field>
          );
        })}
      </div>
      {errors.rest ? <Notice tone="danger">{errors.rest}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button
          variant="quiet"
          disabled={!hasChange || isBusy}
          onClick={() => {
            setDraft({});
            setErrors(NO_ERRORS);
          }}
        >
          As it was
        </Button>
        <Button type="submit" variant="primary" disabled={!hasChange || isBusy}>
          Change limits
        </Button>
      </div>
    </form>
  );
}
