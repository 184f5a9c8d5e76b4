// Text to the clipboard and to a file, without asking the server again.
import { say, sayFailure } from "../overlays";

export async function copyText(what: string, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
  } catch (error) {
    sayFailure(`${what} could not be copied`, error);
  }
}

export function saveText(name: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
