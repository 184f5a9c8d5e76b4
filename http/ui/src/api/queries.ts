// What pages ask for, with one key for each thing, so that a change is told to all who show it.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ApiProblem, api, take, takePage } from "./client";

/** Rows of a page of a list. */
export const PAGE = 100;

export const keys = {
  caller: ["caller"] as const,
  system: ["system"] as const,
  projects: ["projects"] as const,
  project: (id: number) => ["projects", id] as const,
  projectScans: (id: number) => ["projects", id, "scans"] as const,
  scans: ["scans"] as const,
  scan: (id: number) => ["scans", id] as const,
  // Not below `scans`, which is asked for anew with each step of any scan.
  batches: (id: number) => ["scan-parts", id, "batches"] as const,
  map: (id: number) => ["scan-parts", id, "map"] as const,
  targets: (id: number) => ["scan-parts", id, "targets"] as const,
  events: (id: number) => ["scan-parts", id, "events"] as const,
  batch: (id: number) => ["batches", id] as const,
  host: (id: number) => ["hosts", id] as const,
};

export const callerQuery = queryOptions({
  queryKey: keys.caller,
  queryFn: ({ signal }) => take(api.GET("/api/session", { signal })),
  staleTime: 60_000,
});

export const systemQuery = queryOptions({
  queryKey: keys.system,
  queryFn: ({ signal }) => take(api.GET("/api/system", { signal })),
  staleTime: 5_000,
});

export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: ({ signal }) => take(api.GET("/api/projects", { signal })),
});

export function projectQuery(id: number) {
  return queryOptions({
    queryKey: keys.project(id),
    queryFn: ({ signal }) =>
      take(api.GET("/api/projects/{id}", { params: { path: { id } }, signal })),
  });
}

/** All scans, newest first, a page at a time. */
export const scansQuery = infiniteQueryOptions({
  queryKey: keys.scans,
  queryFn: ({ signal, pageParam }) =>
    takePage(
      api.GET("/api/scans", {
        params: { query: { limit: PAGE, cursor: pageParam ?? undefined } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});

export function projectScansQuery(id: number) {
  return infiniteQueryOptions({
    queryKey: keys.projectScans(id),
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/projects/{id}/scans", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function scanQuery(id: number) {
  return queryOptions({
    queryKey: keys.scan(id),
    queryFn: ({ signal }) => take(api.GET("/api/scans/{id}", { params: { path: { id } }, signal })),
  });
}

export function batchQuery(id: number) {
  return queryOptions({
    queryKey: keys.batch(id),
    queryFn: ({ signal }) =>
      take(api.GET("/api/batches/{id}", { params: { path: { id } }, signal })),
  });
}

export function hostQuery(id: number) {
  return queryOptions({
    queryKey: keys.host(id),
    queryFn: ({ signal }) => take(api.GET("/api/hosts/{id}", { params: { path: { id } }, signal })),
  });
}

/** Whether another try of what failed can help: not when the server said what is wrong with it. */
export function isWorthRetrying(failures: number, error: unknown): boolean {
  const status = (error as ApiProblem).status ?? 0;
  return failures < 3 && (status === 0 || status === 429 || status === 503);
}
