import { describe, expect, it } from "vitest";
import type { Batch, Scan } from "@/api/client";
import { type LiveEvent, ScanModel } from "@/live/scan";
import { atOnceText, batchesText, batchRows, commandOf, etaBand, merged, someOf } from "./view";

const row = (id: number, fields: Partial<Batch> = {}): Batch => ({
  id,
  scan_id: 1,
  status: "queued",
  lane: "main",
  target_count: 16,
  targets: ["10.0.0.0/28"],
  summary: { hosts_up: 0, hosts_down: 0, hosts_timed_out: 0, open_ports: 0, duration_ms: 0 },
  ...fields,
});
const ts = "2026-01-01T00:00:05.000Z";
const live = (...events: object[]) => {
  const model = new ScanModel();
  for (const event of events) model.apply({ ts, seq: 1, scan_id: 1, ...event } as LiveEvent);
  return model.batches;
};

describe("batchRows", () => {
  it("lays events over the server's rows, and adds what only events know", () => {
    const rows = batchRows(
      [row(2), row(1, { status: "running", started_at: "2026-01-01T00:00:00.000Z" })],
      live(
        { event: "batch_progress", batch_id: 1, percent: 30, phase: "SYN Stealth Scan" },
        {
          event: "batch_split",
          batch_id: 2,
          reason: "stalled",
          children: [{ batch_id: 3, targets: ["10.0.0.0/29"] }],
        },
      ),
    );
    expect(rows.map((one) => [one.id, one.status, one.parent])).toEqual([
      [1, "running", null],
      [2, "split", null],
      [3, "queued", 2],
    ]);
    expect(rows[0]).toMatchObject({ percent: 30, count: 16, targets: ["10.0.0.0/28"] });
    expect(rows[1]?.reason).toBe("stalled");
    expect(rows[2]).toMatchObject({ count: null, targets: ["10.0.0.0/29"] });
  });

  it("does not show progress of what no longer runs", () => {
    const rows = batchRows(
      [row(1, { status: "running" })],
      live(
        { event: "batch_progress", batch_id: 1, percent: 30, phase: "x" },
        { event: "batch_stopped", batch_id: 1 },
      ),
    );
    expect(rows[0]).toMatchObject({ status: "stopped", percent: null, phase: null, endedAt: ts });
  });
});

describe("etaBand", () => {
  it("says a band, one figure when both ends read alike, nothing when nobody knows", () => {
    expect(etaBand(245_400, 430_000)).toBe("4 min 05 s to 7 min 10 s");
    expect(etaBand(30_100, 30_300)).toBe("about 30 s");
    expect(etaBand(5_000, 2_000)).toBe("about 5.0 s");
    expect(etaBand(null, 7)).toBeNull();
  });
});

it("says of what is tuned that it holds at first", () => {
  const scan = (chunk_size: boolean, concurrency: boolean) => ({
    chunk_size: 16,
    concurrency: 8,
    tuning: { chunk_size, concurrency },
  });
  expect(batchesText(scan(true, true))).toBe(
    "16 addresses each and 8 at once at first, then both tuned",
  );
  expect(batchesText(scan(true, false))).toBe("16 addresses each at first, then tuned; 8 at once");
  expect(batchesText(scan(false, false))).toBe("16 addresses each; 8 at once");
  expect(atOnceText(scan(false, true))).toBe("8 at first, then tuned");
  expect(atOnceText(scan(true, false))).toBe("at most 8 at once");
});

it("knows a scan's end from its last event", () => {
  const model = new ScanModel();
  const before = { finished_at: null, status: "running" } as Scan;
  expect(merged(before, model).finished_at).toBeNull();
  const verdicts = { up: 1, down: 0, timed_out: 0, unfinished: 0, excluded: 0, unresolved: 0 };
  const summary = { hosts_up: 1, open_ports: 0, duration_ms: 5 };
  const end = { event: "scan_complete", status: "completed", verdicts, summary };
  model.apply({ ts, seq: 9, scan_id: 1, ...end } as LiveEvent);
  expect(merged(before, model)).toMatchObject({ finished_at: ts, status: "completed" });
});

it("names a few and counts the rest", () => {
  expect(someOf(["a", "b"], 3)).toBe("a, b");
  expect(someOf(["a", "b", "c", "d"], 2)).toBe("a, b +2 more");
});

it("makes a command that a shell can run by itself", () => {
  const argv = ["/usr/bin/nmap", "-p1-10", "--script", "a b", "-oX", "/dev/fd/3"];
  expect(commandOf({ argv, targets: ["10.0.0.0/24"], exclude: ["10.0.0.1", "10.0.0.2"] })).toBe(
    "/usr/bin/nmap -p1-10 --script 'a b' --exclude 10.0.0.1,10.0.0.2 10.0.0.0/24",
  );
});
