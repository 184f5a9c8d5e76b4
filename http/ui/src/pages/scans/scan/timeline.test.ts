import { describe, expect, it } from "vitest";
import type { EventFrame } from "@/api/client";
import { eventsOf, KINDS, told } from "./timeline";

const event = (fields: object) =>
  ({ seq: 1, ts: "2026-01-01T00:00:00.000Z", scan_id: 1, ...fields }) as unknown as EventFrame;

describe("told", () => {
  it("says what follows a failure", () => {
    const failed = {
      event: "batch_failed",
      batch_id: 4,
      attempt: 2,
      detail: "killed",
      salvaged_hosts: 1,
    };
    expect(
      told(event({ ...failed, will_retry: true, will_split: false, retry_in_ms: 2_000 })),
    ).toEqual({
      tone: "warn",
      label: "attempt 2 failed",
      text: "killed; 1 host kept; tried again in 2.0 s",
      batch: 4,
    });
    expect(told(event({ ...failed, will_retry: false, will_split: true }))?.text).toContain(
      "split",
    );
    expect(told(event({ ...failed, will_retry: false, will_split: false }))).toMatchObject({
      tone: "danger",
      text: "killed; 1 host kept; given up",
    });
  });

  it("names the batches that another was split into", () => {
    const children = [5, 6].map((batch_id) => ({ batch_id, targets: [], lane: "main" }));
    expect(
      told(event({ event: "batch_split", batch_id: 4, reason: "stalled", children }))?.text,
    ).toBe("into 2 batches (5, 6): stalled");
  });

  it("counts a scan from its start, as its head does", () => {
    const complete = {
      event: "scan_complete",
      status: "completed",
      ts: "2026-01-01T00:00:10.000Z",
      summary: { hosts_up: 1, open_ports: 2, duration_ms: 10_400 },
    };
    const text = "1 host up, 2 open ports in";
    expect(told(event(complete), "2026-01-01T00:00:02.000Z")?.text).toBe(`${text} 8.0 s`);
    expect(told(event(complete))?.text).toBe(`${text} 10 s`);
  });

  it("leaves lines and hosts to other tabs", () => {
    expect(told(event({ event: "line", line: "x" }))).toBeNull();
    expect(told(event({ event: "host", address: "10.0.0.1" }))).toBeNull();
  });
});

describe("eventsOf", () => {
  it("takes all kinds when none is chosen, or none that is known", () => {
    const all = Object.values(KINDS).flat();
    expect(eventsOf([])).toEqual(all);
    expect(eventsOf(["nonsense"])).toEqual(all);
    expect(eventsOf(["splits", "pauses"])).toEqual(["scan_paused", "scan_resumed", "batch_split"]);
  });
});
