// Reads a raw output piece by piece, so far as a page can hold: a file of any size is safe to open.

/** Bytes that a page reads at most. */
export const READ_MAX = 16 * 1024 * 1024;
/** Lines that a page shows at most. */
export const LINES_MAX = 400_000;

/** Why reading ended before the end. */
export type Bound = "bytes" | "lines" | null;

/** Cuts text that comes in pieces into lines. */
export class Lines {
  readonly lines: string[] = [];
  bytes = 0;
  bound: Bound = null;
  #rest = "";
  // Bytes that are no UTF-8 show as signs, and end nothing.
  #decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

  constructor(
    private readonly bytesMax = READ_MAX,
    private readonly linesMax = LINES_MAX,
  ) {}

  /** Takes a piece in. Returns whether more is wanted. */
  push(piece: Uint8Array): boolean {
    if (this.bound) return false;
    const left = this.bytesMax - this.bytes;
    const taken = piece.length > left ? piece.subarray(0, left) : piece;
    this.bytes += taken.length;
    this.#split(this.#decoder.decode(taken, { stream: true }));
    if (taken.length < piece.length) this.bound ??= "bytes";
    return this.bound === null;
  }

  /** Takes in what is left after the last line's end. */
  end(): void {
    this.#split(this.#decoder.decode());
    if (this.#rest !== "" && this.lines.length < this.linesMax) this.lines.push(this.#rest);
    this.#rest = "";
  }

  #split(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) {
      if (this.lines.length >= this.linesMax) {
        this.bound = "lines";
        return;
      }
      this.lines.push(part.endsWith("\r") ? part.slice(0, -1) : part);
    }
  }
}
