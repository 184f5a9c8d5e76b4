// Asks the server what a scan would be, a moment after the last key; an answer that is overtaken is
// dropped. What was answered before stays in sight until the next answer, and is marked as old.
import { useEffect, useRef, useState } from "react";
import { ApiProblem, api, type Preview, type ScanRequest, take } from "@/api/client";
import { POLICY, type Request } from "./draft";

export interface PreviewState {
  preview: Preview | null;
  /** The request that `preview` is of. */
  of: Request | null;
  error: unknown;
  /** Names that are not looked up yet, as they may still be typed. */
  waiting: number;
}

const NOTHING: PreviewState = { preview: null, of: null, error: null, waiting: 0 };

/** Fields whose names may be half typed. */
const TYPED = ["targets", "exclude"];

function isName(word: string): boolean {
  return /[a-z]/i.test(word) && !word.includes(":");
}

/** The same without its names: half of a name must not reach the network as a look-up. */
export function withoutNames(request: Request): { request: Request; waiting: number } {
  const targets = (request.targets ?? []).filter(isName).length;
  const exclude = request.exclude ?? [];
  const waiting = targets + exclude.filter(isName).length;
  if (waiting === 0 || request.policy?.resolve === false) return { request, waiting: 0 };
  const policy = { ...(request.policy ?? POLICY), resolve: false };
  return {
    request: { ...request, exclude: exclude.filter((word) => !isName(word)), policy },
    waiting,
  };
}

/** Whether one of the fields with names has the caret. */
function useTyping(): boolean {
  const [isTyping, setTyping] = useState(false);
  useEffect(() => {
    const look = () => setTyping(TYPED.includes(document.activeElement?.id ?? ""));
    // At `focusout` the next element has no focus yet.
    const later = () => setTimeout(look, 0);
    addEventListener("focusin", look);
    addEventListener("focusout", later);
    return () => {
      removeEventListener("focusin", look);
      removeEventListener("focusout", later);
    };
  }, []);
  return isTyping;
}

/** Milliseconds after the last key; long lists are not sent as often. */
function pause(request: Request): number {
  return (request.targets?.length ?? 0) > 5_000 ? 1_200 : 350;
}

async function ask(request: Request, signal: AbortSignal): Promise<Preview> {
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
  const isTyping = useTyping();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn asks anew
  useEffect(() => {
    if (!mayAsk) return;
    const stop = new AbortController();
    const wait = first.current ? 0 : pause(request);
    first.current = false;
    const timer = setTimeout(async () => {
      const asked = isTyping ? withoutNames(request) : { request, waiting: 0 };
      try {
        const preview = await ask(asked.request, stop.signal);
        if (asked.waiting > 0) preview.unresolved = [];
        if (!stop.signal.aborted) {
          setState({ preview, of: request, error: null, waiting: asked.waiting });
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, of: request, error }));
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [request, turn, mayAsk, isTyping]);
  return { ...state, isOld: state.of !== request, again: () => setTurn((at) => at + 1) };
}

/** What a failed preview or start says of the fields, by pointer. */
export function errorsOf(error: unknown): { pointer: string; detail: string }[] {
  return error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
}
