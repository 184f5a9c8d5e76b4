// Making a profile, or changing one.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeProfile, createProfile, type Plan, profilesQuery } from "@/api/profiles";
import { CodeInput, Field, Input, Select } from "@/components/basics";
import { Form, useSending } from "@/components/form";
import { say } from "@/components/overlays";
import { shell, words } from "@/lib/format";
import { type Editing, NAME_MAX } from "./editing";

const FIELDS = ["name", "description", "flags", "plan"] as const;

export function ProfileForm({ editing, close }: { editing: Editing; close: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(editing.begin?.name ?? "");
  const [description, setDescription] = useState(editing.begin?.description ?? "");
  const [flags, setFlags] = useState(shell(editing.begin?.flags ?? []));
  const [plan, setPlan] = useState<Plan>(editing.begin?.plan ?? "single");
  const sending = useSending(FIELDS);
  const { fields } = sending.errors;
  const save = async () => {
    const change = { description: description.trim(), flags: words(flags), plan };
    if (editing.of) await changeProfile(editing.of, change);
    else await createProfile({ name: name.trim(), ...change });
    say(editing.of ? "Profile changed" : "Profile made", editing.of ?? name.trim());
    await client.invalidateQueries({ queryKey: profilesQuery.queryKey });
    close();
  };
  return (
    <Form
      sending={sending}
      act={save}
      verb={editing.of ? "Save" : "Create"}
      canSend={editing.of !== null || name.trim() !== ""}
      onCancel={close}
    >
      {editing.of ? null : (
        <Field
          id="profile-name"
          label="Name"
          error={fields.name}
          hint="a-z, 0-9, - and _, such as web-servers"
        >
          <Input
            id="profile-name"
            autoFocus
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            maxLength={NAME_MAX}
            aria-invalid={Boolean(fields.name)}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
      )}
      <Field id="profile-description" label="What it is for" error={fields.description}>
        <Input
          id="profile-description"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </Field>
      <Field id="profile-flags" label="nmap flags" error={fields.flags}>
        <CodeInput
          id="profile-flags"
          placeholder="-sV -p 80,443"
          aria-invalid={Boolean(fields.flags)}
          value={flags}
          onChange={(event) => setFlags(event.target.value)}
        />
      </Field>
      <Field
        id="profile-plan"
        label="Plan"
        error={fields.plan}
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
    </Form>
  );
}
