// The newest lines of a scan: bounded, in blocks, so that old ones leave without moving the others.

export interface LogLine {
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
  batch: number;
  stream: "stdout" | "stderr";
  text: string;
}

/** Lines that are kept at most; older ones are on the server (`/api/scans/{id}/events`). */
export const LINES_MAX = 200_000;
const BLOCK = 4_096;

/**
 * Lines have places that never change: the first that came is at 0, older ones that were loaded
 * later are below it. `from` to `end` are kept.
 */
export class LogBuffer {
  #blocks: LogLine[][] = [];
  #length = 0;
  #from = 0;
  #dropped = 0;
  #received = 0;

  /** Lines that are kept. */
  get length(): number {
    return this.#length;
  }

  /** Lines that were let go, for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lines that came live, kept or not. */
  get received(): number {
    return this.#received;
  }

  /** The place of the first line that is kept. */
  get from(): number {
    return this.#from;
  }

  /** The place after the last one. */
  get end(): number {
    return this.#from + this.#length;
  }

  /** The first seq that is kept; null when nothing is. */
  get firstSeq(): number | null {
    return this.#blocks[0]?.[0]?.seq ?? null;
  }

  /** Adds a line that is newer than all others. */
  push(line: LogLine): void {
    let last = this.#blocks.at(-1);
    if (!last || last.length >= BLOCK) {
      last = [];
      this.#blocks.push(last);
    }
    last.push(line);
    this.#length += 1;
    this.#received += 1;
    if (this.#length > LINES_MAX) {
      const gone = this.#blocks.shift()?.length ?? 0;
      this.#length -= gone;
      this.#from += gone;
      this.#dropped += gone;
    }
  }

  /** Adds lines that are older than all others, in their order. Returns how many had room. */
  unshift(lines: LogLine[]): number {
    const room = Math.max(0, LINES_MAX - this.#length);
    const kept = room === 0 ? [] : lines.slice(-room);
    if (kept.length === 0) return 0;
    this.#blocks.unshift(kept);
    this.#length += kept.length;
    this.#from -= kept.length;
    return kept.length;
  }

  /** Calls `visit` with each kept line from a place on, in order. */
  forEach(visit: (line: LogLine, place: number) => void, from = this.#from): void {
    let place = this.#from;
    for (const block of this.#blocks) {
      if (place + block.length > from) {
        for (let i = Math.max(0, from - place); i < block.length; i += 1) {
          visit(block[i] as LogLine, place + i);
        }
      }
      place += block.length;
    }
  }
}
