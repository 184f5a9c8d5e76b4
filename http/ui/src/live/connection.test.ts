import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoff, FIRST, Link, type LinkState, step } from "./connection";

describe("step", () => {
  it("keeps the highest seq over failures, and forgets failures with an event", () => {
    let state = step(FIRST, { kind: "open" });
    state = step(state, { kind: "event", seq: 7 });
    state = step(state, { kind: "closed", code: 1006, reason: "" });
    expect(state).toMatchObject({ phase: "waiting", seq: 7, failures: 1 });
    state = step(step(state, { kind: "due" }), { kind: "event", seq: null });
    expect(state).toEqual({ phase: "live", seq: 7, failures: 0, reason: null });
  });

  it("does not come back when the server says that there is no use", () => {
    for (const code of [4401, 4404]) {
      const state = step(FIRST, { kind: "closed", code, reason: "" });
      expect(state.phase).toBe("ended");
      expect(step(state, { kind: "due" }).phase).toBe("ended");
    }
  });

  it("says why it waits", () => {
    expect(step(FIRST, { kind: "closed", code: 1001, reason: "" }).reason).toContain("going away");
    expect(step(FIRST, { kind: "closed", code: 4408, reason: "" }).reason).toContain("too slowly");
  });
});

it("waits longer after each failure, to a bound, and not all clients as long", () => {
  expect(backoff(1, 1)).toBe(250);
  expect(backoff(1, 0)).toBe(125);
  expect(backoff(3, 1)).toBe(1000);
  expect(backoff(50, 1)).toBe(10_000);
});

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((end: { code: number; reason: string }) => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  close() {
    this.closed = true;
  }
  send(event: object) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

describe("Link", () => {
  const seen: unknown[] = [];
  const states: LinkState[] = [];
  let link: Link;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    FakeSocket.all = [];
    seen.length = 0;
    link = new Link({
      path: "/ws/scans/3",
      since: 10,
      onEvent: (event) => seen.push(event.seq),
      onState: (state) => states.push(state),
    });
    await vi.advanceTimersByTimeAsync(0);
  });
  afterEach(() => {
    link.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  const socket = (at: number) => {
    const found = FakeSocket.all.at(at);
    if (!found) throw new Error("no socket");
    return found;
  };

  it("resumes after the last event that it saw", async () => {
    expect(socket(0).url).toMatch(/\/ws\/scans\/3\?since=10$/);
    socket(0).send({ event: "line", seq: 11 });
    socket(0).onclose?.({ code: 1006, reason: "" });
    expect(states.at(-1)?.phase).toBe("waiting");
    await vi.advanceTimersByTimeAsync(300);
    expect(socket(1).url).toMatch(/since=11$/);
    expect(seen).toEqual([11]);
  });

  it("resumes after the moment that it began at, when nothing has happened since", async () => {
    const quiet = new Link({
      path: "/ws/scans/4",
      since: null,
      onEvent: () => {},
      onState: () => {},
    });
    await vi.advanceTimersByTimeAsync(0);
    socket(-1).send({ event: "connected", scan_id: 4, last_seq: 20 });
    socket(-1).onclose?.({ code: 1001, reason: "" });
    await vi.advanceTimersByTimeAsync(300);
    expect(socket(-1).url).toMatch(/scans\/4\?since=20$/);
    socket(-1).send({ event: "connected", scan_id: 4, last_seq: 30 });
    expect(quiet.state.seq).toBe(20);
    quiet.close();
  });

  it("goes back for what a slow moment cost, and takes nothing later before it", async () => {
    socket(0).send({ event: "line", seq: 11 });
    socket(0).send({ event: "gap", from_seq: 12, to_seq: 90, reason: "slow_consumer" });
    socket(0).send({ event: "line", seq: 91 });
    await vi.advanceTimersByTimeAsync(0);
    expect(socket(0).closed).toBe(true);
    expect(socket(1).url).toMatch(/since=11$/);
    expect(seen).toEqual([11]);
  });

  it("stays away from what retention has taken", async () => {
    socket(0).send({ event: "gap", from_seq: 11, to_seq: 90, reason: "retention" });
    socket(0).send({ event: "line", seq: 91 });
    expect(seen).toEqual([undefined, 91]);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
