// What the list of scans asks for. Under `keys.scans`, so that events bring it up to date.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, type ScanStatus, take, takePage } from "@/api/client";
import { keys, PAGE, projectScansQuery } from "@/api/queries";

/** Scans, newest first: those that stand so, or all. */
function scansOfStatus(status: ScanStatus | undefined) {
  return infiniteQueryOptions({
    queryKey: [...keys.scans, "list", status ?? "all"] as const,
    queryFn: ({ signal, pageParam }) =>
      takePage(
        api.GET("/api/scans", {
          params: { query: { limit: PAGE, status, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Where the rows of a list come from: a project's scans, or all. */
export function scanRowsQuery(project: number | undefined, status: ScanStatus | undefined) {
  // The two differ in their keys only.
  return project === undefined
    ? scansOfStatus(status)
    : (projectScansQuery(project) as unknown as ReturnType<typeof scansOfStatus>);
}

/** The newest scans of a status. */
export function newestScans(status: ScanStatus | undefined, limit: number) {
  return queryOptions({
    queryKey: [...keys.scans, "newest", status ?? "all", limit] as const,
    queryFn: ({ signal }) =>
      take(api.GET("/api/scans", { params: { query: { limit, status } }, signal })),
  });
}
