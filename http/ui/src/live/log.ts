// The newest lines of a scan: bounded, in blocks, so that old ones leave without moving the others.

export interface LogLine {
  seq: number;
  ts: string;
  batch: number;
  stream: "stdout" | "stderr";
  text: string;
}

/** Lines that are kept at most; older ones are on the server (`/api/scans/{id}/events`). */
export const LINES_MAX = 200_000;
const BLOCK = 4_096;

export class LogBuffer {
  #blocks: LogLine[][] = [];
  #length = 0;
  #dropped = 0;
  /** Grows with every change. */
  version = 0;

  /** Lines that are kept. */
  get length(): number {
    return this.#length;
  }

  /** Lines that were let go, for want of room. */
  get dropped(): number {
    return this.#dropped;
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
    this.version += 1;
    if (this.#length > LINES_MAX) {
      const gone = this.#blocks.shift()?.length ?? 0;
      this.#length -= gone;
      this.#dropped += gone;
    }
  }

  /** Adds lines that are older than all others, in their order. Returns how many had room. */
  unshift(lines: LogLine[]): number {
    const room = Math.max(0, LINES_MAX - this.#length);
    const kept = lines.slice(Math.max(0, lines.length - room));
    if (kept.length === 0) return 0;
    this.#blocks.unshift(kept);
    this.#length += kept.length;
    this.version += 1;
    return kept.length;
  }

  /** The line at this place; undefined outside. */
  at(index: number): LogLine | undefined {
    let rest = index;
    for (const block of this.#blocks) {
      if (rest < block.length) return block[rest];
      rest -= block.length;
    }
    return undefined;
  }

  /** Calls `visit` with each line from a place on. */
  forEach(visit: (line: LogLine, index: number) => void, from = 0): void {
    let index = 0;
    for (const block of this.#blocks) {
      if (index + block.length > from) {
        for (let i = Math.max(0, from - index); i < block.length; i += 1) {
          visit(block[i] as LogLine, index + i);
        }
      }
      index += block.length;
    }
  }
}
