// Asks the server what a scan would be, a moment after the last key; an answer that is overtaken is
// dropped. What was answered before stays in sight until the next answer, and is marked as old.
import { useEffect, useRef, useState } from "react";
import { ApiProblem, api, type Preview, type ScanRequest, take } from "@/api/client";
import type { Request } from "./draft";

/** As the server answers it; the two last ones only when it knows plans. */
export type PlannedPreview = Preview & {
  plan?: string;
  phases?: { phase: string; argv: string[] }[];
};

export interface PreviewState {
  preview: PlannedPreview | null;
  /** The request that `preview` is of. */
  of: Request | null;
  error: unknown;
}

const NOTHING: PreviewState = { preview: null, of: null, error: null };

/** Milliseconds after the last key; long lists are not sent as often. */
function pause(request: Request): number {
  return (request.targets?.length ?? 0) > 5_000 ? 1_200 : 350;
}

async function ask(request: Request, signal: AbortSignal): Promise<PlannedPreview> {
  const body = request as ScanRequest;
  return take(api.POST("/api/scans/preview", { body, signal }));
}

/** `mayAsk` is false for who may only look: the server would refuse. */
export function usePreview(
  request: Request,
  mayAsk: boolean,
): PreviewState & { isOld: boolean; again: () => void } {
  const [state, setState] = useState(NOTHING);
  const [turn, setTurn] = useState(0);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn asks anew
  useEffect(() => {
    if (!mayAsk) return;
    const stop = new AbortController();
    const wait = first.current ? 0 : pause(request);
    first.current = false;
    const timer = setTimeout(async () => {
      try {
        const preview = await ask(request, stop.signal);
        if (!stop.signal.aborted) setState({ preview, of: request, error: null });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, of: request, error }));
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [request, turn, mayAsk]);
  return { ...state, isOld: state.of !== request, again: () => setTurn((at) => at + 1) };
}

/** What a failed preview or start says of the fields, by pointer. */
export function errorsOf(error: unknown): { pointer: string; detail: string }[] {
  return error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
}
