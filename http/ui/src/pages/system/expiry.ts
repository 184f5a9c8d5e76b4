// Spans of time that people choose from, for what ends by itself.

const DAY_MS = 86_400_000;

export const SPANS = [
  { key: "never", label: "For ever", ms: null },
  { key: "day", label: "1 day", ms: DAY_MS },
  { key: "week", label: "7 days", ms: 7 * DAY_MS },
  { key: "month", label: "30 days", ms: 30 * DAY_MS },
  { key: "quarter", label: "90 days", ms: 90 * DAY_MS },
  { key: "year", label: "365 days", ms: 365 * DAY_MS },
] as const;
export type Span = (typeof SPANS)[number]["key"];

/** Milliseconds of a span; null for one without an end. */
export function spanMs(span: Span): number | null {
  return SPANS.find((one) => one.key === span)?.ms ?? null;
}

/** When a span that begins now is over; null for one without an end. */
export function expiryAt(span: Span, now: number): string | null {
  const ms = spanMs(span);
  return ms === null ? null : new Date(now + ms).toISOString();
}

/** How an end stands to now: over, within a week, or later. */
export function expiryState(
  at: string | null | undefined,
  now: number,
): "none" | "over" | "soon" | "later" {
  if (!at) return "none";
  const left = new Date(at).getTime() - now;
  if (left <= 0) return "over";
  return left < 7 * DAY_MS ? "soon" : "later";
}
