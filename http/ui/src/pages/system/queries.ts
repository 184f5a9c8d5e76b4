// What the system page asks for beyond what other pages do.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, apiUrl, fetchApi, problemOf, take, takePage } from "@/api/client";
import { keys, PAGE, systemQuery } from "@/api/queries";
import { type AuditFilter, auditParams } from "./audit";
import { readMetrics } from "./metrics";

/** Milliseconds between two readings of what no event tells. A page out of sight reads nothing. */
const READ_MS = 5_000;

/** Under `keys.system`, so that events of scans bring them up to date too. */
const own = {
  supervision: [...keys.system, "supervision"] as const,
  process: [...keys.system, "process"] as const,
  ready: [...keys.system, "ready"] as const,
  scope: ["scope"] as const,
  tokens: ["tokens"] as const,
  audit: ["audit"] as const,
  auditHead: ["audit-head"] as const,
};
export const systemKeys = own;

export const systemNowQuery = queryOptions({ ...systemQuery, refetchInterval: READ_MS });

export const tokensQuery = queryOptions({
  queryKey: own.tokens,
  queryFn: ({ signal }) => take(api.GET("/api/tokens", { signal })),
});

export const scopeQuery = queryOptions({
  queryKey: own.scope,
  queryFn: ({ signal }) => take(api.GET("/api/scope", { signal })),
});

/** Figures of the process and its store, from the metrics. */
export const processQuery = queryOptions({
  queryKey: own.process,
  refetchInterval: READ_MS,
  queryFn: async ({ signal }) => {
    const response = await fetchApi(apiUrl("/metrics"), { signal });
    const text = await response.text();
    if (!response.ok) throw problemOf(response, parsed(text));
    return readMetrics(text);
  },
});

/** Whether scans can run and be kept, in the server's words. */
export const readyQuery = queryOptions({
  queryKey: own.ready,
  refetchInterval: READ_MS,
  queryFn: async ({ signal }) => {
    const response = await fetchApi(apiUrl("/readyz"), { signal });
    const text = await response.text();
    const problem = response.ok ? null : problemOf(response, parsed(text));
    return { ready: response.ok, says: problem ? problem.problem.detail : text.trim() };
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The tree of actors. */
export const supervisionQuery = queryOptions({
  queryKey: own.supervision,
  refetchInterval: READ_MS,
  queryFn: ({ signal }) => take(api.GET("/api/system/supervision", { signal })),
});

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: [...own.audit, filter],
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/audit", {
          params: {
            query: { ...auditParams(filter), limit: PAGE, cursor: pageParam ?? undefined },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The number of the newest entry of the audit log; 0 while there is none. */
export const auditHeadQuery = queryOptions({
  queryKey: own.auditHead,
  refetchInterval: READ_MS,
  queryFn: async ({ signal }) => {
    const rows = await take(api.GET("/api/audit", { params: { query: { limit: 1 } }, signal }));
    return rows[0]?.seq ?? 0;
  },
});
