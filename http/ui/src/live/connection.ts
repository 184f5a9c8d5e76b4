// One WebSocket that comes back: with `since` where it left off, so that no event is missed and none
// comes twice. What to do is decided by `step`, which knows no clock and no socket.
import { api, apiBase, take } from "../api/client";

/** Where a connection stands. `ended` is told by the server; a reload of the page begins anew. */
export type Phase = "connecting" | "live" | "waiting" | "ended";

export interface LinkState {
  phase: Phase;
  /** The last seq that was seen; null before any. */
  seq: number | null;
  /** Failures since the last event. */
  failures: number;
  /** Why it is not live, in words. */
  reason: string | null;
}

export type LinkInput =
  | { kind: "open" }
  | { kind: "event"; seq: number | null }
  | { kind: "closed"; code: number; reason: string }
  | { kind: "due" };

/** What the server's close codes of 4xxx mean for a client: whether to come back. */
const FINAL: Record<number, string> = {
  4401: "not logged in, or without the right to see it",
  4404: "there is no such scan",
};

export const FIRST: LinkState = { phase: "connecting", seq: null, failures: 0, reason: null };

/** The one table of moves. */
export function step(state: LinkState, input: LinkInput): LinkState {
  switch (input.kind) {
    case "open":
      return { ...state, phase: "live", reason: null };
    case "event":
      return {
        phase: "live",
        seq: input.seq === null ? state.seq : Math.max(state.seq ?? 0, input.seq),
        failures: 0,
        reason: null,
      };
    case "closed": {
      const final = FINAL[input.code];
      if (final) return { ...state, phase: "ended", reason: final };
      return {
        ...state,
        phase: "waiting",
        failures: state.failures + 1,
        reason: reasonOf(input.code, input.reason),
      };
    }
    case "due":
      return state.phase === "waiting" ? { ...state, phase: "connecting" } : state;
  }
}

function reasonOf(code: number, reason: string): string {
  if (code === 1001) return "the server is going away";
  if (code === 4408) return "this browser read too slowly";
  if (reason) return reason;
  return code === 1006 ? "the connection was lost" : `closed with ${code}`;
}

/** Milliseconds until the next try: 0.25 s doubling to 10 s, spread by `chance` (0 to 1). */
export function backoff(failures: number, chance: number): number {
  const full = Math.min(10_000, 250 * 2 ** Math.min(failures - 1, 10));
  return Math.round(full * (0.5 + 0.5 * chance));
}

function socketUrl(path: string, since: number | null, query: Record<string, string>): string {
  const base = apiBase || location.origin;
  const url = new URL(path, base.replace(/^http/, "ws"));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (since !== null) url.searchParams.set("since", String(since));
  return url.href;
}

export interface LinkOptions {
  path: string;
  query?: Record<string, string>;
  /** Begin after this seq; null for live from now. */
  since: number | null;
  /** Called with each event, in order. */
  onEvent: (event: Record<string, unknown>) => void;
  /** Called when the state changes. */
  onState: (state: LinkState) => void;
  /** Whether events of many scans come here, whose numbers say nothing together: always from now. */
  isOverall?: boolean;
}

/** Whether a gap is of events that the server still has, and that follow the last one seen. */
function isFillable(event: Record<string, unknown>, seen: number | null): boolean {
  return (
    event.event === "gap" &&
    event.reason === "slow_consumer" &&
    seen !== null &&
    event.from_seq === seen + 1
  );
}

/** The seq up to which all is seen: of the event; without any yet, the one that "now" began after. */
function seqOf(event: Record<string, unknown>, seen: number | null): number | null {
  if (typeof event.seq === "number") return event.seq;
  const begins = event.event === "connected" && seen === null ? event.last_seq : null;
  return typeof begins === "number" ? begins : null;
}

/** Keeps a WebSocket open until `close` is called. */
export class Link {
  #options: LinkOptions;
  #state: LinkState;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;
  #wake = () => this.retryNow();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = { ...FIRST, seq: options.since };
    addEventListener("online", this.#wake);
    void this.#connect();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Tries again at once instead of waiting. */
  retryNow(): void {
    if (this.#state.phase !== "waiting") return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#move({ kind: "due" });
    void this.#connect();
  }

  close(): void {
    this.#closed = true;
    removeEventListener("online", this.#wake);
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#socket = null;
  }

  async #connect(): Promise<void> {
    // A page of another origin has no cookie for the socket; it has a ticket.
    let protocols: string[] = [];
    if (apiBase) {
      try {
        const ticket = await take(api.POST("/api/ws-tickets", {}));
        protocols = ["netscan.v1", `ticket.${ticket.ticket}`];
      } catch (error) {
        this.#lost(1006, error instanceof Error ? error.message : String(error));
        return;
      }
    }
    if (this.#closed) return;
    const { path, query = {} } = this.#options;
    const socket = new WebSocket(socketUrl(path, this.#state.seq, query), protocols);
    this.#socket = socket;
    socket.onopen = () => this.#move({ kind: "open" });
    socket.onmessage = (message) => {
      if (this.#socket === socket) this.#take(message.data);
    };
    socket.onclose = (end) => {
      if (this.#socket === socket) this.#lost(end.code, end.reason);
    };
  }

  #take(data: unknown): void {
    const event = JSON.parse(String(data)) as Record<string, unknown>;
    const before = this.#state;
    if (isFillable(event, before.seq)) {
      // What was left out is in the store: come again from there, before anything later is shown.
      this.#socket?.close(1000);
      this.#lost(1000, "this browser read too slowly");
      this.retryNow();
      return;
    }
    const seq = this.#options.isOverall ? null : seqOf(event, before.seq);
    this.#state = step(before, { kind: "event", seq });
    if (before.phase !== "live" || before.failures !== 0) this.#options.onState(this.#state);
    this.#options.onEvent(event);
  }

  #lost(code: number, reason: string): void {
    this.#socket = null;
    if (this.#closed) return;
    this.#move({ kind: "closed", code, reason });
    if (this.#state.phase !== "waiting") return;
    this.#timer = setTimeout(() => this.retryNow(), backoff(this.#state.failures, Math.random()));
  }

  #move(input: LinkInput): void {
    this.#state = step(this.#state, input);
    this.#options.onState(this.#state);
  }
}
