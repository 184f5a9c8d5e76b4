// What comes from scanned machines, besides short texts (`visible`): texts of many lines, and links.
import { visible } from "./text";

/** Text of many lines, each made safe to look at. */
export function visibleLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => visible(line.replaceAll("\t", "    ")))
    .join("\n");
}

/** The URL when it is one of the web, for a link; null for all else, such as `javascript:`. */
export function webUrl(text: string): string | null {
  if (!/^https?:\/\/\S+$/i.test(text)) return null;
  try {
    const url = new URL(text);
    return url.username || url.password ? null : url.href;
  } catch {
    return null;
  }
}

/** Takes from all lines the blanks that all begin with. */
export function dedent(text: string): string {
  const lines = text
    .replace(/^(\s*\n)+/, "")
    .trimEnd()
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = indents.length > 0 ? Math.min(...indents) : 0;
  return lines.map((line) => line.slice(least)).join("\n");
}
