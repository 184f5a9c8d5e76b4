// Where a scan is kept, and what it is called.
import { useQuery } from "@tanstack/react-query";
import { projectsQuery } from "@/api/queries";
import { Field, Input, Select } from "@/components/basics";
import type { FormParts } from "./form";

export function Place({ draft, change, errors }: FormParts) {
  const { data: projects = [], error } = useQuery(projectsQuery);
  const isUnknown =
    /^\d+$/.test(draft.project) &&
    projects.length > 0 &&
    !projects.some((project) => String(project.id) === draft.project);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field
        id="project"
        label="Project"
        error={errors.project ?? (error ? `Not read: ${error.message}` : undefined)}
        hint={isUnknown ? "There is no such project (any more)." : "Its scope and grants count."}
      >
        <Select
          id="project"
          className="w-full"
          value={draft.project}
          onChange={(event) => change({ project: event.target.value })}
        >
          <option value="">Default</option>
          {isUnknown ? <option value={draft.project}>Project {draft.project}</option> : null}
          {projects
            .filter((project) => project.name !== "Default")
            .map((project) => (
              <option key={project.id} value={project.id}>
                {project.name}
              </option>
            ))}
          <option value="new">A new project …</option>
        </Select>
      </Field>
      {draft.project === "new" ? (
        <Field
          id="new-project"
          label="Name of the new project"
          error={errors.newProject}
          hint="It is made when the scan starts."
        >
          <Input
            id="new-project"
            maxLength={200}
            aria-invalid={Boolean(errors.newProject)}
            value={draft.newProject}
            onChange={(event) => change({ newProject: event.target.value })}
          />
        </Field>
      ) : null}
      <Field
        id="name"
        label="Name of the scan"
        error={errors.name}
        hint="For people; may be empty."
      >
        <Input
          id="name"
          maxLength={200}
          aria-invalid={Boolean(errors.name)}
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
        />
      </Field>
    </div>
  );
}
