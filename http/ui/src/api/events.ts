// Events of a time past. What happens now comes by the WebSocket (`live/`).
import { apiUrl, type EventFrame, fetchApi, problemOf } from "./client";

export interface EventsBefore {
  /** Only events with a smaller number. */
  before: number;
  limit: number;
  kinds?: readonly string[];
  batch?: number;
}

/** Events of a time past, in their order, and where those before them begin. */
export interface Past {
  events: EventFrame[];
  /** Ask for those before this one next; null when there are none. */
  next: number | null;
}

/** One answer goes through a part of the events only, and may be empty: so many are asked for. */
const ANSWERS_MAX = 50;

/** Reads where older events begin: `Link: <...?before=12>; rel="next"`. */
export function olderFrom(link: string | null): number | null {
  const target = link?.match(/<([^>]*)>\s*;[^,]*rel="?next"?/)?.[1];
  const before = target ? new URL(target, "http://localhost").searchParams.get("before") : null;
  return before !== null && /^\d+$/.test(before) ? Number(before) : null;
}

/** The newest events before one. Empty only when there are none, or none for a long way. */
export async function eventsBefore(
  id: number,
  wanted: EventsBefore,
  signal?: AbortSignal,
): Promise<Past> {
  let before: number | null = wanted.before;
  for (let asked = 0; asked < ANSWERS_MAX && before !== null && before > 1; asked += 1) {
    const url = apiUrl(`/api/scans/${id}/events`, {
      before,
      limit: wanted.limit,
      kinds: wanted.kinds?.join(","),
      batch_id: wanted.batch,
    });
    const response = await fetchApi(url, { signal });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) throw problemOf(response, body);
    before = olderFrom(response.headers.get("link"));
    const events = body as EventFrame[];
    if (events.length > 0) return { events, next: before };
  }
  return { events: [], next: before === 1 ? null : before };
}
