// Keeps what was written over a reload of the page, for this tab alone.
import { useEffect, useRef, useState } from "react";
import { type Draft, packed, unpacked } from "./draft";

const KEY = "netscan.new-scan";

/** What was written at this link before a reload; null when nothing was. */
export function keptDraft(source: string): Draft | null {
  try {
    return unpacked(sessionStorage.getItem(KEY), source);
  } catch {
    return null;
  }
}

export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Storage is off: nothing was kept either.
  }
}

function keep(draft: Draft, source: string): boolean {
  try {
    sessionStorage.setItem(KEY, packed(draft, source));
    return true;
  } catch {
    forgetDraft();
    return false;
  }
}

/** Keeps the draft a moment after each change. Returns whether it could be: lists may be too long. */
export function useKeeping(draft: Draft, source: string, isOver: boolean): boolean {
  const [isKept, setKept] = useState(true);
  const first = useRef(draft);
  useEffect(() => {
    if (isOver || draft === first.current) return;
    const timer = setTimeout(() => setKept(keep(draft, source)), 300);
    return () => clearTimeout(timer);
  }, [draft, source, isOver]);
  return isKept;
}
