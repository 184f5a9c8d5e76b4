// Making a project, and changing its name and description, in a dialog.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Project, take } from "@/api/client";
import { keys } from "@/api/queries";
import { Button, Field, Input, TextArea } from "@/components/basics";
import { Dialog, say } from "@/components/overlays";
import { type FormErrors, formErrors, NO_ERRORS } from "@/lib/fields";

const FIELDS = ["name", "description"] as const;

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The one to change; null for a new one. */
  project: Project | null;
  onDone?: (project: Project) => void;
}

export function ProjectDialog(props: Props) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={props.project ? "Change the project" : "New project"}
      description={
        props.project
          ? undefined
          : "It keeps scans that belong together, with a scope of their own."
      }
    >
      <ProjectForm {...props} />
    </Dialog>
  );
}

/** The server's words about a name that is taken come without a field: it is the name's. */
function sorted(failure: unknown): FormErrors {
  const errors = formErrors(failure, FIELDS);
  const isName = (failure as { code?: string }).code === "project-name-taken";
  return isName && errors.rest ? { fields: { name: errors.rest }, rest: null } : errors;
}

function ProjectForm({ project, onOpenChange, onDone }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<FormErrors>(NO_ERRORS);
  const save = async () => {
    setBusy(true);
    setErrors(NO_ERRORS);
    const body = { name: name.trim(), description: description.trim() || null };
    try {
      const saved = project
        ? await take(
            api.PATCH("/api/projects/{id}", { params: { path: { id: project.id } }, body }),
          )
        : await take(api.POST("/api/projects", { body }));
      await client.invalidateQueries({ queryKey: keys.projects });
      if (project) void client.invalidateQueries({ queryKey: keys.scans });
      say(project ? "Project changed" : "Project made", saved.name);
      onOpenChange(false);
      onDone?.(saved);
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
      <Field id="project-name" label="Name" error={errors.fields.name} hint="1 to 200 characters">
        <Input
          id="project-name"
          autoFocus
          autoComplete="off"
          aria-invalid={Boolean(errors.fields.name)}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field
        id="project-description"
        label="Description"
        error={errors.fields.description}
        hint="What it is for; may be empty."
      >
        <TextArea
          id="project-description"
          rows={3}
          className="font-sans!"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </Field>
      {errors.rest ? (
        <p role="alert" className="text-sm break-words text-danger">
          {errors.rest}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={busy || name.trim() === ""}>
          {project ? "Save" : "Create"}
        </Button>
      </div>
    </form>
  );
}
