// Reads the comparison of two scans as it comes, so that a big one shows at once what is there.
import { useCallback, useEffect, useState } from "react";
import { apiUrl, fetchApi, problemOf } from "@/api/client";
import { type DiffState, EMPTY, linesOf, takeLine } from "@/lib/diff";

export interface Reading extends DiffState {
  phase: "reading" | "done" | "failed";
  error: unknown;
}

const START: Reading = { ...EMPTY, phase: "reading", error: null };
/** Milliseconds between two drawings of what has come. */
const CALM_MS = 250;

async function read(
  a: number,
  b: number,
  signal: AbortSignal,
  show: (state: DiffState) => void,
): Promise<DiffState> {
  const url = apiUrl(`/api/scans/${a}/diff/${b}`, { format: "jsonl" });
  const response = await fetchApi(url, { signal });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  if (!response.body) throw new Error("The server answered nothing.");
  let state: DiffState = { ...EMPTY, hosts: [] };
  let shown = 0;
  for await (const lines of linesOf(textOf(response.body))) {
    for (const line of lines) state = takeLine(state, line);
    if (performance.now() - shown > CALM_MS) {
      shown = performance.now();
      show({ ...state, hosts: [...state.hosts] });
    }
  }
  if (!state.summary)
    throw new Error("The answer broke off before its end: what is shown is a part of it.");
  return state;
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
}

/** The comparison as far as it has come, and how to read it anew. */
export function useDiff(a: number, b: number): [Reading, () => void] {
  const [state, setState] = useState<Reading>(START);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round reads anew
  useEffect(() => {
    const abort = new AbortController();
    const live = (change: (before: Reading) => Reading) => {
      if (!abort.signal.aborted) setState(change);
    };
    live(() => START);
    read(a, b, abort.signal, (part) => live((before) => ({ ...before, ...part }))).then(
      (whole) => live(() => ({ ...whole, phase: "done", error: null })),
      (error) => live((before) => ({ ...before, phase: "failed", error })),
    );
    return () => abort.abort();
  }, [a, b, round]);
  return [state, useCallback(() => setRound((before) => before + 1), [])];
}
