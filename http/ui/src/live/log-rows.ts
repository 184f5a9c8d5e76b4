// The lines of a log that a filter lets through, as rows; kept up as lines come, go, and are loaded.
import { TextRows } from "@/lib/text-rows";
import type { LogBuffer, LogLine } from "./log";

export interface LogFilter {
  stream: "stdout" | "stderr" | null;
}

export class LogRows {
  readonly rows: TextRows<LogLine>;
  /** Places of the lines that are shown, in the log. */
  #places: number[] = [];
  #from: number;
  #end: number;

  constructor(
    private readonly log: LogBuffer,
    private readonly filter: LogFilter,
    width: number | null,
  ) {
    this.rows = new TextRows((line: LogLine) => line.text, width);
    this.#from = log.from;
    this.#end = log.from;
    this.sync();
  }

  /** Lines that came since the last `sync`, wanted or not. */
  get behind(): number {
    return this.log.end - this.#end;
  }

  /** Takes in what changed. */
  sync(): void {
    const { log } = this;
    if (log.from < this.#from) {
      this.#fill();
      return;
    }
    if (log.from > this.#from) {
      let gone = 0;
      while (gone < this.#places.length && (this.#places[gone] as number) < log.from) gone += 1;
      this.#places.splice(0, gone);
      this.rows.dropFirst(gone);
      this.#from = log.from;
    }
    if (log.end === this.#end) return;
    log.forEach((line, place) => {
      if (!this.#isWanted(line)) return;
      this.#places.push(place);
      this.rows.push(line);
    }, this.#end);
    this.#end = log.end;
  }

  #fill(): void {
    const lines: LogLine[] = [];
    this.#places = [];
    // What came meanwhile is left for the next step, so that only older lines move the others.
    this.log.forEach((line, place) => {
      if (place >= this.#end || !this.#isWanted(line)) return;
      this.#places.push(place);
      lines.push(line);
    });
    this.rows.fill(lines, true);
    this.#from = this.log.from;
    this.sync();
  }

  #isWanted(line: LogLine): boolean {
    return this.filter.stream === null || line.stream === this.filter.stream;
  }
}
