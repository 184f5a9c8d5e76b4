// Lines of before: loaded page by page, as far back as one scrolls and as there is room.
import { eventsBefore } from "../api/events";
import { LINES_MAX, LogBuffer, type LogLine } from "./log";
import { type LiveScan, lineOf } from "./scan";

/** Lines of a page: as many as the server gives at once. */
const PAGE = 1_000;

export type HistoryState = "idle" | "loading" | "begin" | "full" | "failed";

/** The lines of a scan, or of one of its batches, with the way back to its first one. */
export class LogHistory {
  state: HistoryState = "idle";
  error: unknown = null;
  #next: number;
  #stop: (() => void) | null = null;

  private constructor(
    private readonly live: LiveScan,
    readonly log: LogBuffer,
    private readonly batch: number | null,
  ) {
    this.#next = (batch === null ? live.model.connectedAt : live.model.lastSeq) ?? 0;
    this.#next += 1;
  }

  /** All lines of a scan that is connected. */
  static ofScan(live: LiveScan): LogHistory {
    return new LogHistory(live, live.model.log, null);
  }

  /** Those of one batch, with new ones as they come; `close` it. */
  static ofBatch(live: LiveScan, batch: number): LogHistory {
    const made = new LogHistory(live, new LogBuffer(), batch);
    made.#stop = live.listen((event) => {
      if (event.event === "line" && event.batch_id === batch) made.log.push(lineOf(event));
    });
    return made;
  }

  close(): void {
    this.#stop?.();
  }

  /** Loads the lines before the first one. */
  async more(): Promise<void> {
    if (this.state === "loading" || this.state === "begin") return;
    const { log } = this;
    // What had to leave for newer lines is asked for again.
    const before = log.dropped > 0 ? (log.firstSeq ?? this.#next) : this.#next;
    if (log.length >= LINES_MAX) {
      this.#stands("full");
      return;
    }
    this.#stands("loading");
    try {
      const wanted = { before, limit: PAGE, kinds: ["line"], batch: this.batch ?? undefined };
      const { events, next } = await eventsBefore(this.live.id, wanted);
      const lines: LogLine[] = [];
      for (const event of events) if (event.event === "line") lines.push(lineOf(event));
      log.unshift(lines);
      this.#next = next ?? 1;
      this.#stands(next === null ? "begin" : "idle");
    } catch (error) {
      this.error = error;
      this.#stands("failed");
    }
  }

  #stands(state: HistoryState): void {
    this.state = state;
    this.live.touch("log");
  }
}
