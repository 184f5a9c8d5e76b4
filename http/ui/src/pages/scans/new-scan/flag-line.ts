// A line of flags, changed a flag at a time. Pure.
import { shell, words } from "@/lib/format";

/** Flags that say the same thing, which ports and how fast: one takes the place of another. */
const GROUPS = [/^-(F|p)/, /^-T/];

/** Whether nmap takes the next word as this one's value. */
function takesNext(word: string): boolean {
  return word === "-p" || word === "-T";
}

/** Puts flags in at the end; when all are there already, takes them out. */
export function toggleFlags(line: string, flags: string): string {
  const typed = words(line);
  const wanted = words(flags);
  if (wanted.every((word) => typed.includes(word)))
    return shell(typed.filter((word) => !wanted.includes(word)));
  return shell([
    ...typed.filter((word, at) => !isReplaced(word, typed[at - 1], wanted)),
    ...wanted,
  ]);
}

function isReplaced(word: string, before: string | undefined, wanted: string[]): boolean {
  if (before && takesNext(before)) return isReplaced(before, undefined, wanted);
  // Ports for ports, a speed for a speed; no ports at all for what needs them.
  if (wanted.some((one) => GROUPS.some((group) => group.test(one) && group.test(word))))
    return true;
  const needsPorts = /^-(sV|sC|F|p)/;
  return (
    (wanted.includes("-sn") && needsPorts.test(word)) ||
    (word === "-sn" && wanted.some((one) => needsPorts.test(one)))
  );
}
