// Making a project, and changing its name and description, in a dialog.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Project, take } from "@/api/client";
import { keys } from "@/api/queries";
import { Field, Input, TextArea } from "@/components/basics";
import { Form, useSending } from "@/components/form";
import { Dialog, say } from "@/components/overlays";

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

function ProjectForm({ project, onOpenChange, onDone }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const sending = useSending(FIELDS);
  const { fields } = sending.errors;
  const save = async () => {
    const body = { name: name.trim(), description: description.trim() || null };
    const saved = project
      ? await take(api.PATCH("/api/projects/{id}", { params: { path: { id: project.id } }, body }))
      : await take(api.POST("/api/projects", { body }));
    await client.invalidateQueries({ queryKey: keys.projects });
    if (project) void client.invalidateQueries({ queryKey: keys.scans });
    say(project ? "Project changed" : "Project made", saved.name);
    onOpenChange(false);
    onDone?.(saved);
  };
  return (
    <Form
      sending={sending}
      act={save}
      verb={project ? "Save" : "Create"}
      canSend={name.trim() !== ""}
      onCancel={() => onOpenChange(false)}
    >
      <Field id="project-name" label="Name" error={fields.name} hint="1 to 200 characters">
        <Input
          id="project-name"
          autoFocus
          autoComplete="off"
          aria-invalid={Boolean(fields.name)}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field
        id="project-description"
        label="Description"
        error={fields.description}
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
    </Form>
  );
}
