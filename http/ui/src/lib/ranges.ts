// Sets of addresses as the API writes them (`10.0.0.0/8`, `a-b`, one address), for telling what a
// change of a scope would do. Pure; IPv4 and IPv6 are apart, as they are for the server.

import { readAddress } from "./address";

export interface Range {
  family: 4 | 6;
  from: bigint;
  to: bigint;
}

function address(text: string): Range | null {
  const read = readAddress(text);
  return read && { family: read.family, from: read.value, to: read.value };
}

/** Reads one address, block or range; null when it is none. */
export function readRange(text: string): Range | null {
  const word = text.trim();
  const block = /^(.+)\/(\d{1,3})$/.exec(word);
  if (block) {
    const base = address(block[1] ?? "");
    const bits = BigInt(block[2] ?? "");
    if (!base) return null;
    const width = base.family === 4 ? 32n : 128n;
    if (bits > width) return null;
    const size = 1n << (width - bits);
    const from = base.from - (base.from % size);
    return { family: base.family, from, to: from + size - 1n };
  }
  const ends = word.split("-");
  const [from, to] = [address(ends[0] ?? ""), address(ends[1] ?? "")];
  if (ends.length === 1) return from;
  if (!from || !to || ends.length > 2 || from.family !== to.family || from.from > to.from)
    return null;
  return { family: from.family, from: from.from, to: to.from };
}

/** Reads many; null when one of them cannot be read. */
export function readRanges(texts: readonly string[]): Range[] | null {
  const found = texts.map(readRange);
  return found.every((range) => range !== null) ? found : null;
}

/** The same addresses in order, without any twice. */
export function union(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort(
    (a, b) => a.family - b.family || (a.from < b.from ? -1 : a.from > b.from ? 1 : 0),
  );
  const found: Range[] = [];
  for (const range of sorted) {
    const last = found.at(-1);
    if (last && last.family === range.family && range.from <= last.to + 1n) {
      if (range.to > last.to) last.to = range.to;
    } else found.push({ ...range });
  }
  return found;
}

/** Those of `ranges` that are within `others` too. */
export function within(ranges: readonly Range[], others: readonly Range[]): Range[] {
  const found: Range[] = [];
  for (const one of union(ranges)) {
    for (const other of union(others)) {
      // biome-ignore lint/complexity/useMathMinMax: Math knows no bigint
      const from = one.from > other.from ? one.from : other.from;
      // biome-ignore lint/complexity/useMathMinMax: Math knows no bigint
      const to = one.to < other.to ? one.to : other.to;
      if (one.family === other.family && from <= to) found.push({ family: one.family, from, to });
    }
  }
  return found;
}

/** How many addresses of a family. */
export function size(ranges: readonly Range[], family: 4 | 6): bigint {
  return union(ranges)
    .filter((range) => range.family === family)
    .reduce((sum, range) => sum + range.to - range.from + 1n, 0n);
}

const whole = new Intl.NumberFormat("en");

/** `256 addresses`; for the large blocks of IPv6 in powers of two. */
export function sizeText(ranges: readonly Range[]): string {
  const four = size(ranges, 4);
  const six = size(ranges, 6);
  const parts: string[] = [];
  if (four > 0n) parts.push(`${whole.format(four)} of IPv4`);
  if (six > 0n) parts.push(`${six < 1n << 40n ? whole.format(six) : powerOfTwo(six)} of IPv6`);
  return parts.length > 0 ? `${parts.join(" and ")}` : "none";
}

function powerOfTwo(value: bigint): string {
  const bits = value.toString(2).length - 1;
  return value === 1n << BigInt(bits) ? `2^${bits}` : `over 2^${bits}`;
}
