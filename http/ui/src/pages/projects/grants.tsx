// What an administrator lets a project's scans do beyond what every operator may.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Project, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, Card, CardHead, Field, Input, Select, Time } from "@/components/basics";
import { useSending } from "@/components/form";
import { say } from "@/components/overlays";
import { type FormErrors, formErrors } from "@/lib/fields";

type Tier = Schemas["ScriptTier"];
const TIERS: { value: Tier; label: string; means: string }[] = [
  {
    value: "safe",
    label: "Safe only",
    means: "Scripts that harm nothing. Every project has this.",
  },
  {
    value: "intrusive",
    label: "Intrusive too (T2)",
    means: "Scripts that may load or log into a host, such as those of the category vuln.",
  },
  { value: "all", label: "All (T3)", means: "Scripts that may change or crash what they touch." },
];
const RANK: Tier[] = ["safe", "intrusive", "all"];

export function Grants({ project }: { project: Project }) {
  const isAdmin = useMay("admin");
  const { grants } = project;
  const tier = TIERS.find((one) => one.value === grants.scripts);
  return (
    <Card>
      <CardHead
        title="Grants"
        hint={isAdmin ? "for all scans of this project from now on" : "given by administrators"}
      />
      <div className="flex flex-col gap-4 p-4">
        <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[8rem_minmax(0,1fr)]">
          <dt className="text-muted">Scripts</dt>
          <dd>
            {tier?.label}. <span className="text-muted">{tier?.means}</span>
          </dd>
          <dt className="text-muted">Evasion</dt>
          <dd>
            {grants.evasion ? "Granted." : "Not granted."}{" "}
            <span className="text-muted">
              Administrators may slip scans past filters, or hurry them (-T5).
            </span>
          </dd>
          {grants.at ? (
            <>
              <dt className="text-muted">Given</dt>
              <dd className="break-words">
                <Time at={grants.at} as="date" /> by <bdi>{grants.by}</bdi>
                {grants.note ? (
                  <>
                    : <bdi>{grants.note}</bdi>
                  </>
                ) : null}
              </dd>
            </>
          ) : null}
        </dl>
        {isAdmin ? <ChangeGrants key={grants.at ?? ""} project={project} /> : null}
      </div>
    </Card>
  );
}

const FIELDS = ["scripts", "evasion", "note"] as const;

/** The server points at `/grants/note`; here the fields stand alone. */
function sorted(failure: unknown): FormErrors {
  const errors = formErrors(failure, ["grants"]);
  const { grants, ...fields } = errors.fields;
  if (!grants) return errors;
  const field = FIELDS.find((name) => grants.includes(name)) ?? "note";
  return { fields: { ...fields, [field]: grants }, rest: errors.rest };
}

function ChangeGrants({ project }: { project: Project }) {
  const client = useQueryClient();
  const { grants } = project;
  const [scripts, setScripts] = useState<Tier>(grants.scripts);
  const [evasion, setEvasion] = useState(grants.evasion);
  const [note, setNote] = useState("");
  const { isBusy, errors, send } = useSending(sorted);
  const isChanged = scripts !== grants.scripts || evasion !== grants.evasion;
  const isMore =
    RANK.indexOf(scripts) > RANK.indexOf(grants.scripts) || (evasion && !grants.evasion);
  const save = async () => {
    const body = { grants: { scripts, evasion, note: note.trim() || null } };
    await take(api.PATCH("/api/projects/{id}", { params: { path: { id: project.id } }, body }));
    say("Grants changed", project.name);
    await client.invalidateQueries({ queryKey: keys.projects });
  };
  return (
    <form
      noValidate
      className="flex flex-col gap-4 border-t border-line pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        void send(save);
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          id="tier"
          label="Scripts"
          error={errors.fields.scripts}
          hint={TIERS.find((one) => one.value === scripts)?.means}
        >
          <Select
            id="tier"
            className="w-full"
            value={scripts}
            onChange={(event) =>
              setScripts(RANK.find((tier) => tier === event.target.value) ?? "safe")
            }
          >
            {TIERS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          id="grant-note"
          label="Why"
          error={errors.fields.note}
          hint={isMore ? "Needed, as more is granted than before." : "Kept with the grant."}
        >
          <Input
            id="grant-note"
            required={isMore}
            aria-invalid={Boolean(errors.fields.note)}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
      </div>
      <label className="flex min-h-7 cursor-pointer items-center gap-2.5 text-sm">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={evasion}
          onChange={(event) => setEvasion(event.target.checked)}
        />
        Evasion, and the speed -T5
      </label>
      {(errors.rest ?? errors.fields.evasion) ? (
        <p role="alert" className="text-sm break-words text-danger">
          {errors.rest ?? errors.fields.evasion}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button
          type="submit"
          variant={isMore ? "danger" : "primary"}
          disabled={isBusy || !isChanged}
        >
          {isMore ? "Grant" : "Save"}
        </Button>
      </div>
    </form>
  );
}
