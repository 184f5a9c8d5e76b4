// Searches that were made in this browser, newest first. Kept here only; nothing of it is sent.
const KEY = "netscan.searches";
const MOST = 8;

/** What is kept, without what is not a list of texts. */
export function readRecent(stored: string | null): string[] {
  try {
    const value: unknown = JSON.parse(stored ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter((one): one is string => typeof one === "string").slice(0, MOST);
  } catch {
    return [];
  }
}

/** The list with one more in front. One that only begins the new one was typed on the way to it. */
export function withRecent(list: readonly string[], one: string): string[] {
  return [one, ...list.filter((other) => other !== one && !one.startsWith(other))].slice(0, MOST);
}

export function recentSearches(): string[] {
  try {
    return readRecent(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

export function keepSearches(list: readonly string[]): void {
  try {
    if (list.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Storage is off or full: searches are not remembered.
  }
}
