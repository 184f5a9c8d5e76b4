// What is asked of the server about hosts, over one scan and over all.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { HostFilter } from "@/lib/hosts";
import { scanTitle } from "@/lib/scans";
import { api, isMissing, type Page, take, takePage } from "./client";

/** Hosts of the first page; each may bear many ports. Those who read on want more at once. */
const FIRST_PAGE = 200;
const LAST_PAGE = 1_000;

interface Place {
  cursor: string | null;
  limit: number;
}

const grown = {
  initialPageParam: { cursor: null, limit: FIRST_PAGE } as Place,
  getNextPageParam: (page: Page<unknown>, _: unknown, place: Place): Place | null =>
    page.next === null ? null : { cursor: page.next, limit: Math.min(LAST_PAGE, 2 * place.limit) },
};

const paged = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: Page<unknown>) => page.next,
};

/** Hosts of a scan, in the order in which they were found. Not below the scan's own key: events of
 * the scan would make it ask for all pages again, each second. */
export function scanHostsQuery(id: number, filter: HostFilter) {
  return infiniteQueryOptions({
    queryKey: ["scan-hosts", id, filter],
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/scans/{id}/hosts", {
          params: {
            path: { id },
            query: { ...filter, limit: pageParam.limit, cursor: pageParam.cursor ?? undefined },
          },
          signal,
        }),
      ),
    ...grown,
  });
}

/** Hosts of all scans. A page may be short or empty, and have a next one. */
export function searchQuery(filter: HostFilter & { project_id?: number }) {
  return infiniteQueryOptions({
    queryKey: ["search", filter],
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/hosts", {
          params: {
            query: { ...filter, limit: pageParam.limit, cursor: pageParam.cursor ?? undefined },
          },
          signal,
        }),
      ),
    ...grown,
  });
}

/** How many hosts of a scan have what. */
export function facetsQuery(id: number, filter: HostFilter) {
  return queryOptions({
    queryKey: ["scan-facets", id, filter],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/scans/{id}/facets", {
          params: { path: { id }, query: { ...filter } },
          signal,
        }),
      ),
  });
}

/** All targets of a scan with one verdict, in compact ranges. */
export function targetsQuery(id: number, verdict: "down" | "excluded" | "unresolved") {
  return queryOptions({
    queryKey: ["scan-targets", id, verdict],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/scans/{id}/targets", {
          params: { path: { id }, query: { verdict } },
          signal,
        }),
      ),
  });
}

/** The scans of which an address was a target, newest first. */
export function historyQuery(address: string) {
  return infiniteQueryOptions({
    queryKey: ["history", address],
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/targets/{address}/history", {
          params: { path: { address }, query: { limit: 100, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    ...paged,
  });
}

/** What a scan is called; kept for long, as many rows ask for it. Null when it was deleted. */
export function scanNameQuery(id: number) {
  return queryOptions({
    queryKey: ["scan-names", id],
    queryFn: async ({ signal }) => {
      try {
        const scan = await take(api.GET("/api/scans/{id}", { params: { path: { id } }, signal }));
        return { name: scanTitle(scan), project: scan.project_name };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    staleTime: 300_000,
  });
}

/** Rows of a page of difficult targets. */
const DIFFICULT_PAGE = 500;

/** Hosts that scans could not finish, in the order of addresses. */
export function difficultQuery(scan?: number) {
  return infiniteQueryOptions({
    queryKey: ["difficult", scan ?? null],
    queryFn: ({ signal, pageParam }) =>
      take(
        api.GET("/api/targets/difficult", {
          params: { query: { scan, after: pageParam ?? undefined, limit: DIFFICULT_PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    // The server says no more than the rows: a full page may have a next one, after its last address.
    getNextPageParam: (page) =>
      page.length < DIFFICULT_PAGE ? null : (page.at(-1)?.address ?? null),
  });
}
