// What the tabs of a scan ask for.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Batch, type Schemas, take, takePage, type VerdictCounts } from "@/api/client";
import { keys } from "@/api/queries";

/** All batches of a scan. Without a limit the server gives 10,000 at once, the most there are. */
export function batchesQuery(id: number) {
  return queryOptions({
    queryKey: keys.batches(id),
    queryFn: async ({ signal }) => {
      const all: Batch[] = [];
      let cursor: string | undefined;
      do {
        const page = await takePage(
          api.GET("/api/scans/{id}/batches", {
            params: { path: { id }, query: { cursor } },
            signal,
          }),
        );
        for (const row of page.rows) all.push(row);
        cursor = page.next ?? undefined;
      } while (cursor);
      return all;
    },
    staleTime: 30_000,
  });
}

export function targetsQuery(id: number, verdict: keyof VerdictCounts) {
  return queryOptions({
    queryKey: [...keys.targets(id), verdict],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/scans/{id}/targets", {
          params: { path: { id }, query: { verdict } },
          signal,
        }),
      ),
  });
}

export type MapCell = Schemas["MapCell"];
export type MapFamily = Schemas["MapFamily"];
export type ScanMap = Schemas["ScanMap"];

export function mapQuery(id: number, within: string | undefined, cells = 1024) {
  return queryOptions({
    queryKey: [...keys.map(id), within ?? "", cells],
    // The blocks before stay until the new ones are there: nothing jumps, and the focus stays.
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/scans/{id}/map", {
          params: { path: { id }, query: { cells, within } },
          signal,
        }),
      ),
  });
}
