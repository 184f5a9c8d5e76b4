// Makes a token: for whom, with which rights, and for how long.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Project, type Role, type Schemas, take } from "@/api/client";
import { Field, Input, Select } from "@/components/basics";
import { Form, useSending } from "@/components/form";
import { Dialog } from "@/components/overlays";
import { SPANS, type Span, spanMs } from "./expiry";
import { systemKeys } from "./queries";

const FIELDS = ["name", "role", "projects", "expires_in_ms"] as const;

const ROLES: Record<Role, string> = {
  viewer: "sees scans and their results",
  operator: "starts and stops scans, too",
  admin: "changes limits, scope and tokens, too",
};

export function TokenForm({
  projects,
  onClose,
  onMade,
}: {
  projects: Project[];
  onClose: () => void;
  onMade: (token: Schemas["MadeToken"]) => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [span, setSpan] = useState<Span>("quarter");
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const sending = useSending(FIELDS);
  const { fields } = sending.errors;
  const make = async () => {
    const body: Schemas["NewToken"] = {
      name: name.trim(),
      role,
      projects: chosen.size > 0 ? [...chosen] : null,
      expires_in_ms: spanMs(span),
    };
    onMade(await take(api.POST("/api/tokens", { body })));
    void client.invalidateQueries({ queryKey: systemKeys.tokens });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Create a token">
      <Form
        sending={sending}
        act={make}
        verb="Create token"
        canSend={name.trim() !== ""}
        onCancel={onClose}
      >
        <Field
          id="token-name"
          label="For"
          hint="Who or what uses it; it names them in the audit log"
          error={fields.name}
        >
          <Input
            id="token-name"
            autoComplete="off"
            value={name}
            aria-invalid={fields.name ? true : undefined}
            aria-describedby={fields.name ? "token-name-error" : "token-name-hint"}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <Field id="token-role" label="Role" hint={ROLES[role]} error={fields.role}>
          <Select
            id="token-role"
            value={role}
            aria-describedby={fields.role ? "token-role-error" : "token-role-hint"}
            onChange={(event) => setRole(event.target.value as Role)}
          >
            {(Object.keys(ROLES) as Role[]).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
        <Field id="token-span" label="Good for" error={fields.expires_in_ms}>
          <Select
            id="token-span"
            value={span}
            onChange={(event) => setSpan(event.target.value as Span)}
          >
            {SPANS.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <ProjectChoice
          projects={projects}
          chosen={chosen}
          onChange={setChosen}
          error={fields.projects}
        />
      </Form>
    </Dialog>
  );
}

function ProjectChoice({
  projects,
  chosen,
  onChange,
  error,
}: {
  projects: Project[];
  chosen: ReadonlySet<number>;
  onChange: (chosen: ReadonlySet<number>) => void;
  error: string | undefined;
}) {
  const toggle = (id: number) => {
    const after = new Set(chosen);
    if (!after.delete(id)) after.add(id);
    onChange(after);
  };
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="text-sm font-medium">Projects</legend>
      <p className="text-xs text-muted">
        {chosen.size === 0 ? "None chosen: it sees all of them." : "It sees the chosen ones only."}
      </p>
      <div className="max-h-40 overflow-y-auto rounded-md border border-line p-1">
        {projects.map((project) => (
          <label
            key={project.id}
            className="flex min-h-7 items-center gap-2 rounded px-2 py-0.5 text-sm hover:bg-hover"
          >
            <input
              type="checkbox"
              className="size-4 shrink-0 accent-accent"
              checked={chosen.has(project.id)}
              onChange={() => toggle(project.id)}
            />
            <span className="truncate" title={project.name}>
              {project.name}
            </span>
          </label>
        ))}
        {projects.length === 0 ? (
          <p className="px-2 py-1 text-sm text-muted">There is no project yet.</p>
        ) : null}
      </div>
      {error ? (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
