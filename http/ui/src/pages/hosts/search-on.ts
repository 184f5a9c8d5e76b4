// Goes on with a search whose first parts held nothing, for a while, and then asks.
import { useEffect } from "react";
import { useAllPages } from "@/lib/use-all-pages";

/** Parts that are looked at before one is asked whether to go on. */
const PATIENCE = 5;

interface Query {
  data: { pages: unknown[] } | undefined;
  hasNextPage: boolean;
  isFetching: boolean;
  isPlaceholderData: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<{ hasNextPage: boolean; isError: boolean }>;
}

export function useSearchOn(query: Query, found: number) {
  const { fetchNextPage } = query;
  const all = useAllPages(query);
  const parts = query.data?.pages.length ?? 0;
  const due =
    found === 0 &&
    query.hasNextPage &&
    !query.isFetching &&
    !query.isPlaceholderData &&
    !query.isFetchNextPageError &&
    parts < PATIENCE;
  useEffect(() => {
    if (due) void fetchNextPage();
  }, [due, fetchNextPage]);
  // Something is found: the list goes on by itself as one scrolls.
  const { busy, stop } = all;
  useEffect(() => {
    if (busy && found > 0) stop();
  }, [busy, found, stop]);
  return { ...all, busy: busy || due || query.isFetching, parts };
}
