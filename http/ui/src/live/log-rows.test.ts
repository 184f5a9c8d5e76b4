import { expect, it } from "vitest";
import { LINES_MAX, LogBuffer, type LogLine } from "./log";
import { LogRows } from "./log-rows";

const line = (seq: number, stream: LogLine["stream"] = "stdout"): LogLine => ({
  seq,
  at: 0,
  batch: 1,
  stream,
  text: `line ${seq}`,
});
const seqs = ({ rows }: LogRows) =>
  Array.from({ length: rows.end - rows.first }, (_, at) => rows.line(rows.first + at)?.seq);

it("follows lines that come and lines that are loaded, each once and in order", () => {
  const log = new LogBuffer();
  log.push(line(10));
  const all = new LogRows(log, { stream: null }, null);
  const errors = new LogRows(log, { stream: "stderr" }, null);
  log.push(line(11, "stderr"));
  expect(all.behind).toBe(1);
  log.unshift([line(8, "stderr"), line(9)]);
  log.push(line(12));
  all.sync();
  all.sync();
  errors.sync();
  expect(seqs(all)).toEqual([8, 9, 10, 11, 12]);
  expect(all.rows.origin).toBe(2);
  expect(seqs(errors)).toEqual([8, 11]);
  expect(all.behind).toBe(0);
});

it("lets go of what the log let go of", () => {
  const log = new LogBuffer();
  for (let seq = 1; seq <= LINES_MAX; seq += 1) log.push(line(seq, seq % 2 ? "stdout" : "stderr"));
  const odd = new LogRows(log, { stream: "stdout" }, null);
  log.push(line(LINES_MAX + 1));
  odd.sync();
  expect(odd.rows.line(odd.rows.first)?.seq).toBe(log.dropped + 1);
  expect(odd.rows.rows).toBe(Math.ceil(log.length / 2));
  expect(odd.rows.origin).toBe(-log.dropped / 2);
});
