// Starts what the form asks for. A new project is made first; when the scan is refused after that,
// the form goes on with the project that is there now.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, api, type ScanRequest, take } from "@/api/client";
import { keys } from "@/api/queries";
import { say } from "@/components/overlays";
import type { Draft, Request } from "./draft";

export interface Starting {
  busy: boolean;
  error: unknown;
  /** Why the new project cannot be made. */
  projectError: string | undefined;
  start: (request: Request, draft: Draft) => Promise<number | null>;
  /** Forgets what failed, because the form says something else now. */
  forget: () => void;
}

async function makeProject(name: string): Promise<number> {
  const project = await take(api.POST("/api/projects", { body: { name: name.trim() } }));
  return project.id;
}

export function useStarting(change: (change: Partial<Draft>) => void): Starting {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [projectError, setProjectError] = useState<string>();

  const start = async (request: Request, draft: Draft): Promise<number | null> => {
    setBusy(true);
    setError(null);
    setProjectError(undefined);
    let project = request.project_id ?? null;
    try {
      if (draft.project === "new") {
        try {
          project = await makeProject(draft.newProject);
        } catch (failure) {
          if (!(failure instanceof ApiProblem) || failure.status === 0) throw failure;
          setProjectError(failure.problem.detail);
          return null;
        }
        change({ project: String(project), newProject: "" });
        void client.invalidateQueries({ queryKey: keys.projects });
      }
      const body = { ...request, project_id: project } as ScanRequest;
      const accepted = await take(api.POST("/api/scans", { body }));
      void client.invalidateQueries({ queryKey: keys.scans });
      void client.invalidateQueries({ queryKey: keys.projects });
      say(`Scan ${accepted.scan_id} starts`, accepted.warnings.join("; ") || undefined);
      return accepted.scan_id;
    } catch (failure) {
      setError(failure);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const forget = () => {
    setError(null);
    setProjectError(undefined);
  };
  return { busy, error, projectError, start, forget };
}
