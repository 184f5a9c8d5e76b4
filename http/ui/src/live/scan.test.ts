import { describe, expect, it } from "vitest";
import { LINES_MAX, LogBuffer, type LogLine } from "./log";
import { type LiveEvent, ScanModel } from "./scan";

const ts = "2026-01-01T00:00:00.000Z";
let seq = 0;
const event = (fields: object) =>
  ({ seq: ++seq, ts, scan_id: 1, ...fields }) as unknown as LiveEvent;
const line = (at: number): LogLine => ({
  seq: at,
  at: 0,
  batch: 1,
  stream: "stdout",
  text: `line ${at}`,
});

describe("ScanModel", () => {
  it("follows a batch through retry, split and its children", () => {
    const model = new ScanModel();
    model.apply(
      event({ event: "batch_start", batch_id: 1, targets: ["127.0.0.0/30"], attempt: 1, argv: [] }),
    );
    model.apply(
      event({ event: "batch_progress", batch_id: 1, percent: 40, phase: "Connect Scan" }),
    );
    expect(model.batches.get(1)).toMatchObject({ status: "running", percent: 40 });
    model.apply(
      event({
        event: "batch_failed",
        batch_id: 1,
        detail: "killed",
        will_retry: true,
        will_split: false,
      }),
    );
    expect(model.batches.get(1)).toMatchObject({ status: "retrying", reason: "killed" });
    model.apply(
      event({
        event: "batch_split",
        batch_id: 1,
        reason: "stalled",
        children: [{ batch_id: 2, targets: ["127.0.0.0/31"] }],
      }),
    );
    expect(model.batches.get(2)).toMatchObject({ parent: 1, status: "queued" });
    expect(model.timeline.map((e) => e.event)).toEqual([
      "batch_start",
      "batch_failed",
      "batch_split",
    ]);
  });

  it("takes a batch that tells of progress for running, and knows no more of it", () => {
    const model = new ScanModel();
    model.apply(event({ event: "batch_progress", batch_id: 9, percent: 5, phase: "Ping Scan" }));
    expect(model.batches.get(9)).toMatchObject({ status: "running", attempt: null, targets: null });
  });

  it("counts what is done from the verdicts when a scan ends", () => {
    const model = new ScanModel();
    const verdicts = { up: 2, down: 5, timed_out: 0, unfinished: 3, excluded: 0, unresolved: 0 };
    const summary = { hosts_up: 2, open_ports: 4, duration_ms: 1 };
    model.apply(event({ event: "scan_complete", status: "stopped", verdicts, summary }));
    expect(model.progress).toMatchObject({ targets_done: 7, targets_total: 10, percent: 70 });
    expect(model.status).toBe("stopped");
  });

  it("forgets what it was told when events are lost for good", () => {
    const model = new ScanModel();
    model.apply(event({ event: "scan_started" }));
    model.apply(event({ event: "batch_start", batch_id: 1, targets: [], attempt: 1, argv: [] }));
    model.apply({ event: "gap", from_seq: 1, to_seq: 9, reason: "retention" });
    expect(model.status).toBeNull();
    expect(model.batches.size).toBe(0);
  });

  it("says for what a scan waits until it is ready or no longer runs", () => {
    const model = new ScanModel();
    model.apply(event({ event: "scan_started" }));
    model.apply(event({ event: "scan_waiting", waits_for: "disk", detail: "no room" }));
    expect(model.waiting).toBe("no room");
    model.apply(event({ event: "scan_paused" }));
    expect(model).toMatchObject({ waiting: null, status: "paused" });
  });
});

describe("LogBuffer", () => {
  it("keeps the newest lines and counts what it let go", () => {
    const log = new LogBuffer();
    for (let at = 1; at <= LINES_MAX + 1; at += 1) log.push(line(at));
    expect(log.length).toBeLessThanOrEqual(LINES_MAX);
    expect(log.length + log.dropped).toBe(LINES_MAX + 1);
    expect(log.received).toBe(LINES_MAX + 1);
    expect(log.firstSeq).toBe(log.dropped + 1);
    expect(log.from).toBe(log.dropped);
    let last = 0;
    log.forEach((entry) => {
      last = entry.seq;
    }, log.end - 1);
    expect(last).toBe(LINES_MAX + 1);
    expect(log.unshift([line(0)])).toBe(1);
    expect(log.from).toBe(log.dropped - 1);
  });

  it("takes older lines before the others", () => {
    const log = new LogBuffer();
    log.push(line(5));
    log.unshift([line(3), line(4)]);
    const seen: number[] = [];
    log.forEach((entry) => {
      seen.push(entry.seq);
    }, -1);
    expect(seen).toEqual([4, 5]);
    expect(log.firstSeq).toBe(3);
  });
});
