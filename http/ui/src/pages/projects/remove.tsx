// Deleting a project, which takes its scans with it. Refused while one of them runs.
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api, type Project, take } from "@/api/client";
import { keys } from "@/api/queries";
import { Confirm, say } from "@/components/overlays";
import { counted } from "@/lib/format";

export function DeleteProject({
  project,
  trigger,
  onDone,
}: {
  project: Project;
  trigger: (open: () => void) => ReactElement;
  onDone?: () => void;
}) {
  const client = useQueryClient();
  return (
    <Confirm
      title="Delete this project?"
      verb={project.scan_count > 0 ? "Delete it and its scans" : "Delete it"}
      trigger={trigger}
      act={async () => {
        await take(api.DELETE("/api/projects/{id}", { params: { path: { id: project.id } } }));
        say("Project deleted", project.name);
        onDone?.();
        client.removeQueries({ queryKey: keys.project(project.id) });
        await client.invalidateQueries({ queryKey: keys.projects });
        void client.invalidateQueries({ queryKey: keys.scans });
      }}
    >
      <p className="break-words">
        <bdi className="font-medium">{project.name}</bdi> and{" "}
        {project.scan_count > 0
          ? `its ${counted(project.scan_count, "scan")}, with all hosts and raw output, are`
          : "its scope are"}{" "}
        gone for good.
      </p>
      <p className="mt-2 text-muted">It is refused while one of its scans has not ended.</p>
    </Confirm>
  );
}
