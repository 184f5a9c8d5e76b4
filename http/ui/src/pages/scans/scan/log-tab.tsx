// What nmap writes, as it writes it.
import { useEffect, useState } from "react";
import type { Scan } from "@/api/client";
import { Card } from "@/components/basics";
import { LoadingRows } from "@/components/states";
import { LogHistory } from "@/live/history";
import { type LiveScan, useParts } from "@/live/scan";
import { LogView } from "./log-view";
import { useScanSearch } from "./search";

/** The lines of the scan, or those of one batch; null before the connection is there. */
function useHistory(live: LiveScan, batch: number | null): LogHistory | null {
  const model = useParts(live, "link", "scan");
  const isConnected = model.lastSeq !== null;
  const [history, setHistory] = useState<LogHistory | null>(null);
  useEffect(() => {
    if (!isConnected) return;
    const made = batch === null ? live.history : LogHistory.ofBatch(live, batch);
    if (made.log.length < 1_000) void made.more();
    setHistory(made);
    return () => {
      setHistory(null);
      if (batch !== null) made.close();
    };
  }, [live, batch, isConnected]);
  return history;
}

export function LogTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  const [search] = useScanSearch();
  const history = useHistory(live, search.batch ?? null);
  return (
    <Card className="overflow-hidden">
      {history ? (
        <LogView key={search.batch ?? 0} scan={scan} live={live} history={history} />
      ) : (
        <LoadingRows rows={12} />
      )}
    </Card>
  );
}
