// Text that others wrote (nmap, the hosts that it scanned), made safe to look at: what would move
// or hide other text is shown as a sign. One unit of text stays one unit, so places in it hold.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function sign(unit: string): string {
  const code = unit.charCodeAt(0);
  if (code === 0x09) return " ";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return "\ufffd";
}

/** Control characters as their signs (`␛`), those that turn or hide text as `�`, tabs as blanks. */
export function visible(text: string): string {
  return text.replace(UNSEEN, sign);
}

/** How many columns of a fixed-width font a text takes, roughly: far-eastern signs take two. */
export function columns(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x1100) wide += 1;
  return text.length + wide;
}

/** The place after the last unit that fits in so many columns, from a place on; one at least. */
export function rowEnd(text: string, from: number, width: number): number {
  let left = width;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    // Both halves of a pair stay together.
    const units = code >= 0xd800 && code < 0xdc00 && at + 1 < text.length ? 2 : 1;
    const takes = code >= 0x1100 ? 2 : 1;
    if (takes > left && at > from) break;
    left -= takes;
    at += units;
  }
  return at;
}

/** Places in a text where something is, in any case; at most `most`. */
export function places(text: string, wanted: string, most = 1_000): number[] {
  if (wanted === "") return [];
  const found: number[] = [];
  const all = text.toLowerCase();
  const what = wanted.toLowerCase();
  // A few letters change their length with their case: then places would not hold.
  const within = all.length === text.length ? all : text;
  for (let at = within.indexOf(what); at >= 0 && found.length < most; ) {
    found.push(at);
    at = within.indexOf(what, at + what.length);
  }
  return found;
}
