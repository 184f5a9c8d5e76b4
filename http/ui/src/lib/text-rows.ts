// Lines of text as rows of one height, so that any number of them can be scrolled: a line is one
// row, or as many as it needs at a width. Pure.
import { columns, rowEnd } from "./text";

/** Of a longer line only so much is shown; copies and downloads have it whole. */
const SHOWN_MAX = 4_000;

/** A row: which line, and which part of it. */
export interface RowPart {
  /** The number of its line. A line keeps its number; older ones get lower ones, below 0 too. */
  line: number;
  from: number;
  to: number;
}

export class TextRows<Line> {
  #lines: Line[] = [];
  /** Rows up to and with each line, from `#gone` on; only when lines wrap. */
  #ends: number[] = [];
  #gone = 0;
  #first = 0;
  /** The widest line, in columns. */
  widest = 0;
  /** Rows that were put before, less those that left: what a view has to move by. */
  origin = 0;
  /** Grows when all begins anew: what was looked through has to be again. */
  generation = 0;

  constructor(
    readonly textOf: (line: Line) => string,
    /** Columns of a row; null when lines do not wrap. */
    readonly width: number | null,
  ) {}

  /** The number of the first line. */
  get first(): number {
    return this.#first;
  }

  /** The number after the last line. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  get rows(): number {
    if (this.width === null) return this.#lines.length;
    return (this.#ends.at(-1) ?? this.#gone) - this.#gone;
  }

  line(number: number): Line | undefined {
    return this.#lines[number - this.#first];
  }

  push(line: Line): void {
    this.#lines.push(line);
    const text = this.textOf(line);
    if (this.width !== null) this.#ends.push(this.rows + this.#gone + this.#rowsOf(text));
    else this.widest = Math.max(this.widest, columns(text.slice(0, SHOWN_MAX)));
  }

  /** Lets go of so many lines at the beginning. */
  dropFirst(count: number): void {
    if (count <= 0) return;
    const before = this.rows;
    if (this.width !== null) {
      this.#gone = this.#ends[count - 1] ?? this.#ends.at(-1) ?? this.#gone;
      this.#ends.splice(0, count);
    }
    this.#lines.splice(0, count);
    this.#first += count;
    this.origin -= before - this.rows;
  }

  /** Begins anew with these lines; `older` says that what is new of them lies before the others. */
  fill(lines: Line[], older: boolean): void {
    const before = this.rows;
    const first = older ? this.#first - (lines.length - this.#lines.length) : 0;
    this.#lines = [];
    this.#ends = [];
    this.#gone = 0;
    this.#first = first;
    this.widest = 0;
    this.generation += 1;
    for (const line of lines) this.push(line);
    if (older) this.origin += this.rows - before;
  }

  /** The part of a line at a row. */
  at(row: number): RowPart | null {
    if (row < 0 || row >= this.rows) return null;
    if (this.width === null) return { line: this.#first + row, from: 0, to: SHOWN_MAX };
    const wanted = row + this.#gone;
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    const text = this.textOf(this.#lines[low] as Line).slice(0, SHOWN_MAX);
    let from = 0;
    for (let skip = wanted - (this.#ends[low - 1] ?? this.#gone); skip > 0; skip -= 1) {
      from = rowEnd(text, from, this.width);
    }
    return { line: this.#first + low, from, to: rowEnd(text, from, this.width) };
  }

  /** The first row of a line. */
  rowOf(number: number): number {
    const index = number - this.#first;
    if (this.width === null) return index;
    return (this.#ends[index - 1] ?? this.#gone) - this.#gone;
  }

  #rowsOf(text: string): number {
    const width = this.width ?? 1;
    const shown = text.length > SHOWN_MAX ? text.slice(0, SHOWN_MAX) : text;
    if (shown.length * 2 <= width) return 1;
    let rows = 0;
    for (let at = 0; at < shown.length; rows += 1) at = rowEnd(shown, at, width);
    return Math.max(1, rows);
  }
}

/** The lines in which something is found, kept up as lines come and go. */
export class Matches<Line> {
  #numbers: number[] = [];
  #upTo = 0;
  #generation = -1;
  readonly #wanted: string;

  constructor(wanted: string) {
    this.#wanted = wanted.toLowerCase();
  }

  sync(rows: TextRows<Line>): void {
    if (this.#generation !== rows.generation) {
      this.#generation = rows.generation;
      this.#numbers = [];
      this.#upTo = rows.first;
    }
    if (this.#wanted === "") return;
    const gone = this.#place(rows.first);
    if (gone > 0) this.#numbers.splice(0, gone);
    for (let at = Math.max(this.#upTo, rows.first); at < rows.end; at += 1) {
      const line = rows.line(at);
      if (line !== undefined && rows.textOf(line).toLowerCase().includes(this.#wanted)) {
        this.#numbers.push(at);
      }
    }
    this.#upTo = rows.end;
  }

  get count(): number {
    return this.#numbers.length;
  }

  /** The place of a line among the matches, from 0; -1 when it is none. */
  indexOf(number: number | null): number {
    if (number === null) return -1;
    const at = this.#place(number);
    return this.#numbers[at] === number ? at : -1;
  }

  /** The match after this line (or before it), round the end; null when there is none. */
  next(from: number, step: 1 | -1): number | null {
    const { length } = this.#numbers;
    if (length === 0) return null;
    const at = step === 1 ? this.#place(from + 1) : this.#place(from) - 1;
    return this.#numbers[(at + length) % length] ?? null;
  }

  /** The place of the first match that is not before a line. */
  #place(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
