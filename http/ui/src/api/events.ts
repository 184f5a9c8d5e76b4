// Events of a time past. What happens now comes by the WebSocket (`live/`).
import { apiUrl, type EventFrame, fetchApi, problemOf } from "./client";

/** Reads JSON of a path that the typed client does not know of. */
export async function getJson(url: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetchApi(url, { signal });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  return body;
}

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

/** The newest events before one. */
export async function eventsBefore(
  id: number,
  wanted: EventsBefore,
  signal?: AbortSignal,
): Promise<Past> {
  if (wanted.before <= 1) return { events: [], next: null };
  const url = apiUrl(`/api/scans/${id}/events`, {
    before: wanted.before,
    limit: wanted.limit,
    kinds: wanted.kinds?.join(","),
    batch_id: wanted.batch,
  });
  const events = (await getJson(url, signal)) as EventFrame[];
  const first = events[0];
  return {
    events,
    next: first && events.length >= wanted.limit && first.seq > 1 ? first.seq : null,
  };
}
