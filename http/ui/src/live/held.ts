// Live scans that are in use: one for each scan however many parts of a page follow it, and kept a
// moment after the last one left, so that going from tab to tab loses no line.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "../api/queries";
import { type LiveEvent, LiveScan } from "./scan";
import { Throttle } from "./throttle";

/** Milliseconds that a live scan outlasts its last user. */
const LINGER_MS = 5_000;

interface Held {
  live: LiveScan;
  users: number;
  leaving: ReturnType<typeof setTimeout> | null;
}

const held = new Map<number, Held>();

/** Events after which the server's answer about the scan reads otherwise than events tell. */
const OF_SCAN = new Set<string>([
  "connected",
  "gap",
  "scan_started",
  "scan_paused",
  "scan_resumed",
  "scan_stopping",
  "scan_recovered",
  "scan_waiting",
  "scan_ready",
  "scan_complete",
  "scope_changed",
  "batch_start",
  "batch_complete",
  "batch_failed",
  "batch_split",
  "batch_stopped",
]);
/** Events after which there may be batches that no event describes whole. */
const OF_BATCHES = new Set<string>([
  "connected",
  "gap",
  "scan_started",
  "scan_recovered",
  "scan_complete",
  "scope_changed",
  "batch_split",
]);

/** Asks anew for what events make old: only what is shown, once a second at most. */
function refresher(id: number, client: QueryClient): (event: LiveEvent) => void {
  const scan = new Throttle(1_000, () => {
    void client.invalidateQueries({ queryKey: keys.scan(id), exact: true });
  });
  const batches = new Throttle(2_000, () => {
    void client.invalidateQueries({ queryKey: keys.batches(id) });
  });
  const batch = new Throttle(1_000, () => {
    void client.invalidateQueries({ queryKey: ["batches"] });
  });
  return (event) => {
    if (OF_SCAN.has(event.event)) scan.ask();
    if (OF_BATCHES.has(event.event)) batches.ask();
    if (event.event.startsWith("batch_") && event.event !== "batch_progress") batch.ask();
  };
}

function take(id: number, client: QueryClient): Held {
  const known = held.get(id);
  if (known) {
    if (known.leaving) clearTimeout(known.leaving);
    known.leaving = null;
    known.users += 1;
    return known;
  }
  const live = new LiveScan(id);
  live.listen(refresher(id, client));
  const made = { live, users: 1, leaving: null };
  held.set(id, made);
  return made;
}

function leave(id: number): void {
  const known = held.get(id);
  if (!known) return;
  known.users -= 1;
  if (known.users > 0) return;
  known.leaving = setTimeout(() => {
    held.delete(id);
    known.live.close();
  }, LINGER_MS);
}

/** The live scan with this number; null for the first moment, and without a number. */
export function useLiveScan(id: number | null): LiveScan | null {
  const client = useQueryClient();
  const [live, setLive] = useState<LiveScan | null>(null);
  useEffect(() => {
    if (id === null) return;
    setLive(take(id, client).live);
    return () => {
      setLive(null);
      leave(id);
    };
  }, [id, client]);
  return live;
}
