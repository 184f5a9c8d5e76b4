// Target lists as text: split as netscan splits the lines of a target file, with their places, so
// that what the server cannot read is shown where it was written. Pure.

/** A word, and where it stands. */
export interface Words {
  words: string[];
  /** The line of each word, from 1. */
  lines: number[];
}

const WORD = /[^ \t\r\n\0]+/g;

/** Splits at blanks and line ends; a word that begins with `#` is a comment to the end of its line. */
export function splitTargets(text: string): Words {
  const found: Words = { words: [], lines: [] };
  let line = 0;
  for (const row of text.split("\n")) {
    line += 1;
    for (const match of row.matchAll(WORD)) {
      const word = match[0];
      if (word.startsWith("#")) break;
      if (word === ",") continue;
      found.words.push(word);
      found.lines.push(line);
    }
  }
  return found;
}

/** A list that was pasted or dropped. It is too long for a text field, and is kept beside it. */
export interface TargetFile {
  name: string;
  text: string;
  words: Words;
}

export function targetFile(name: string, text: string): TargetFile {
  return { name, text, words: splitTargets(text) };
}

/** Characters of a text that a field can hold while one types in it; longer ones become a list. */
export const FIELD_CHARS = 60_000;

/** Where something was written. */
export interface Place {
  /** `targets`, `exclude`, or the place of the list among the lists. */
  where: "targets" | "exclude" | number;
  line: number;
}

/** Finds a word that the server named. The server shortens very long ones. */
export function placeOf(
  word: string,
  targets: Words,
  files: readonly TargetFile[],
  exclude: Words,
): Place | null {
  const head = word.replace(/(…|\.\.\.)$/, "");
  const isIt = (one: string) => one === word || (head !== word && one.startsWith(head));
  const within = (all: Words) => {
    const at = all.words.findIndex(isIt);
    return at < 0 ? null : (all.lines[at] ?? null);
  };
  const typed = within(targets);
  if (typed !== null) return { where: "targets", line: typed };
  for (const [at, file] of files.entries()) {
    const line = within(file.words);
    if (line !== null) return { where: at, line };
  }
  const excluded = within(exclude);
  return excluded === null ? null : { where: "exclude", line: excluded };
}

/** Where a line begins and ends in a text, for selecting it. */
export function lineSpan(text: string, line: number): [number, number] {
  let from = 0;
  for (let at = 1; at < line; at += 1) {
    const end = text.indexOf("\n", from);
    if (end < 0) break;
    from = end + 1;
  }
  const end = text.indexOf("\n", from);
  return [from, end < 0 ? text.length : end];
}
