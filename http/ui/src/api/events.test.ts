import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventsBefore, olderFrom } from "./events";

it("reads where older events begin, and nothing else", () => {
  expect(olderFrom('</api/scans/1/events?before=12&limit=5>; rel="next"')).toBe(12);
  expect(olderFrom('</api/scans/1/events?since=12>; rel="next"')).toBeNull();
  expect(olderFrom('</x?before=12>; rel="prev"')).toBeNull();
  expect(olderFrom(null)).toBeNull();
});

describe("eventsBefore", () => {
  const asked: string[] = [];
  beforeEach(() => {
    asked.length = 0;
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("goes on where an answer is empty but not the last", async () => {
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(url);
      const isFirst = asked.length === 1;
      const headers = isFirst ? { link: '</api/x?before=40>; rel="next"' } : undefined;
      return Promise.resolve(new Response(isFirst ? "[]" : '[{"seq":7}]', { headers }));
    });
    const found = await eventsBefore(3, { before: 90, limit: 10, kinds: ["line", "host"] });
    expect(found).toEqual({ events: [{ seq: 7 }], next: null });
    expect(asked.map((url) => new URL(url, "http://localhost").search)).toEqual([
      "?before=90&limit=10&kinds=line%2Chost",
      "?before=40&limit=10&kinds=line%2Chost",
    ]);
  });

  it("asks nothing before the first event", async () => {
    vi.stubGlobal("fetch", (url: string) => asked.push(url));
    expect(await eventsBefore(3, { before: 1, limit: 10 })).toEqual({ events: [], next: null });
    expect(asked).toEqual([]);
  });
});
