// Loads the pages of a list that are left, one after the other, until told to stop.
import { useCallback, useEffect, useRef, useState } from "react";

interface Pages {
  hasNextPage: boolean;
  fetchNextPage: () => Promise<{ hasNextPage: boolean; isError: boolean }>;
}

export function useAllPages(query: Pages): { busy: boolean; start: () => void; stop: () => void } {
  const [busy, setBusy] = useState(false);
  const wanted = useRef(false);
  const { fetchNextPage } = query;
  const stop = useCallback(() => {
    wanted.current = false;
  }, []);
  useEffect(() => stop, [stop]);
  const start = useCallback(async () => {
    if (wanted.current) return;
    wanted.current = true;
    setBusy(true);
    while (wanted.current) {
      const page = await fetchNextPage();
      if (!page.hasNextPage || page.isError) break;
    }
    wanted.current = false;
    setBusy(false);
  }, [fetchNextPage]);
  return { busy, start: () => void start(), stop };
}
