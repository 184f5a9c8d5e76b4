// Making a profile, or changing one.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeProfile, createProfile, type Plan, profilesQuery } from "@/api/profiles";
import { Button, Field, Input, Select } from "@/components/basics";
import { say } from "@/components/overlays";
import { type FormErrors, formErrors, NO_ERRORS } from "@/lib/fields";
import { shell, words } from "@/lib/format";
import { type Editing, NAME_MAX } from "./editing";

const FIELDS = ["name", "description", "flags", "plan"] as const;

/** A name that is taken is the name's fault, even when the server points at no field. */
function sorted(failure: unknown): FormErrors {
  const errors = formErrors(failure, FIELDS);
  const code = (failure as { code?: string }).code ?? "";
  return code.endsWith("name-taken") && errors.rest
    ? { fields: { name: errors.rest }, rest: null }
    : errors;
}

export function ProfileForm({ editing, close }: { editing: Editing; close: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(editing.begin?.name ?? "");
  const [description, setDescription] = useState(editing.begin?.description ?? "");
  const [flags, setFlags] = useState(shell(editing.begin?.flags ?? []));
  const [plan, setPlan] = useState<Plan>(editing.begin?.plan ?? "single");
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<FormErrors>(NO_ERRORS);
  const save = async () => {
    setBusy(true);
    setErrors(NO_ERRORS);
    const change = { description: description.trim(), flags: words(flags), plan };
    try {
      if (editing.of) await changeProfile(editing.of, change);
      else await createProfile({ name: name.trim(), ...change });
      say(editing.of ? "Profile changed" : "Profile made", editing.of ?? name.trim());
      await client.invalidateQueries({ queryKey: profilesQuery.queryKey });
      close();
    } catch (failure) {
      setErrors(sorted(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {editing.of ? null : (
        <Field
          id="profile-name"
          label="Name"
          error={errors.fields.name}
          hint="a-z, 0-9, - and _, such as web-servers"
        >
          <Input
            id="profile-name"
            autoFocus
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            maxLength={NAME_MAX}
            aria-invalid={Boolean(errors.fields.name)}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
      )}
      <Field id="profile-description" label="What it is for" error={errors.fields.description}>
        <Input
          id="profile-description"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </Field>
      <Field id="profile-flags" label="nmap flags" error={errors.fields.flags}>
        <Input
          id="profile-flags"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          className="font-mono"
          placeholder="-sV -p 80,443"
          aria-invalid={Boolean(errors.fields.flags)}
          value={flags}
          onChange={(event) => setFlags(event.target.value)}
        />
      </Field>
      <Field
        id="profile-plan"
        label="Plan"
        error={errors.fields.plan}
        hint="Staged: who is up first, then ports, then what listens on the open ones."
      >
        <Select
          id="profile-plan"
          className="w-full"
          value={plan}
          onChange={(event) => setPlan(event.target.value === "staged" ? "staged" : "single")}
        >
          <option value="single">Single</option>
          <option value="staged">Staged</option>
        </Select>
      </Field>
      {errors.rest ? (
        <p role="alert" className="text-sm break-words text-danger">
          {errors.rest}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          disabled={busy || (!editing.of && name.trim() === "")}
        >
          {editing.of ? "Save" : "Create"}
        </Button>
      </div>
    </form>
  );
}
