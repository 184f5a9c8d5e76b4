// A run of nmap that this page waits for. The server's answer comes at the end; until then the scan
// that it is kept as is found among the newest, so that its progress can be followed.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, type Scan, type Schemas, take } from "@/api/client";
import { newestScans } from "../scans/queries";

export interface Asked {
  targets: string[];
  flags: string[];
  /** Scans up to this id were there before. */
  after: number;
}

export interface Run {
  asked: Asked | null;
  /** The scan that it is kept as, as soon as it is known. */
  scanId: number | null;
  answer: Schemas["RunAnswer"] | null;
  error: unknown;
  isCancelled: boolean;
}

const NONE: Run = { asked: null, scanId: null, answer: null, error: null, isCancelled: false };

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((word, at) => word === other[at]);

/** The scan of a run: newer than the run's begin, and of the same words. Lists show 100 targets. */
export function scanOfRun(scans: readonly Scan[], asked: Asked): Scan | undefined {
  return scans.find(
    (scan) =>
      scan.id > asked.after &&
      same(scan.nmap_flags, asked.flags) &&
      same(scan.targets, asked.targets.slice(0, scan.targets.length)),
  );
}

export function useRun(onScan: (id: number) => void) {
  const [run, setRun] = useState<Run>(NONE);
  const stop = useRef<AbortController | null>(null);
  const tell = useRef(onScan);
  tell.current = onScan;
  const isWaiting = run.asked !== null && !run.answer && !run.error && !run.isCancelled;
  const newest = useQuery({
    ...newestScans(undefined, 20),
    enabled: isWaiting && run.scanId === null,
  });
  const found = run.asked && newest.data ? scanOfRun(newest.data, run.asked)?.id : undefined;
  useEffect(() => {
    if (!isWaiting || found === undefined) return;
    setRun((before) => ({ ...before, scanId: before.scanId ?? found }));
    tell.current(found);
  }, [isWaiting, found]);
  // Who leaves the page leaves the run: the server stops it and keeps what it found.
  useEffect(() => () => stop.current?.abort(), []);

  const start = async (targets: string[], flags: string[]) => {
    stop.current?.abort();
    const control = new AbortController();
    stop.current = control;
    setRun({ ...NONE, asked: { targets, flags, after: Number.MAX_SAFE_INTEGER } });
    try {
      const last = await take(
        api.GET("/api/scans", { params: { query: { limit: 1 } }, signal: control.signal }),
      );
      setRun({ ...NONE, asked: { targets, flags, after: last[0]?.id ?? 0 } });
      const answer = await take(
        api.POST("/api/nmap/run", {
          body: { targets, nmap_flags: flags },
          signal: control.signal,
        }),
      );
      setRun((before) => ({ ...before, answer, scanId: answer.scan_id }));
      tell.current(answer.scan_id);
    } catch (error) {
      if (stop.current !== control) return;
      if (control.signal.aborted) setRun((before) => ({ ...before, isCancelled: true }));
      else setRun((before) => ({ ...before, error }));
    }
  };
  const cancel = () => stop.current?.abort();
  return { run, isWaiting, start, cancel };
}
