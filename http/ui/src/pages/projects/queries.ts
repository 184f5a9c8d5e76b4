// What the pages of projects ask for. Under `keys.projects`, so that events bring it up to date.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take, takePage } from "@/api/client";
import { keys } from "@/api/queries";

/** Projects of a page; there are few of them. */
const PAGE = 1_000;

export const projectPagesQuery = infiniteQueryOptions({
  queryKey: [...keys.projects, "pages"] as const,
  queryFn: ({ signal, pageParam }) =>
    takePage(
      api.GET("/api/projects", {
        params: { query: { limit: PAGE, cursor: pageParam ?? undefined } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});

/** The newest scans of a project. */
export function newestOfProject(id: number, limit: number) {
  return queryOptions({
    queryKey: [...keys.project(id), "newest", limit] as const,
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/projects/{id}/scans", { params: { path: { id }, query: { limit } }, signal }),
      ),
  });
}

export function projectScopeQuery(id: number) {
  return queryOptions({
    queryKey: [...keys.project(id), "scope"] as const,
    queryFn: ({ signal }) =>
      take(api.GET("/api/projects/{id}/scope", { params: { path: { id } }, signal })),
  });
}
