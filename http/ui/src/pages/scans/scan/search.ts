// What of a scan's page is in its URL besides the tab. A value that means nothing counts as none.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { BatchStatus, Verdict } from "@/api/client";
import { anId } from "@/lib/search-params";

export const TABS = ["overview", "map", "batches", "log", "hosts", "events", "targets"] as const;
export type Tab = (typeof TABS)[number];

export function parseTab(value: string | undefined): Tab {
  return TABS.find((tab) => tab === value) ?? "overview";
}

const STATUSES: BatchStatus[] = [
  "queued",
  "running",
  "retrying",
  "completed",
  "split",
  "stopped",
  "failed",
];
const VERDICTS: Verdict[] = ["up", "down", "timed_out", "unfinished", "unresolved", "excluded"];

export interface ScanSearch {
  /** Blocks that the map is zoomed into, the widest first. */
  within: string[];
  /** Whether the map is shown as a table. */
  table: boolean;
  /** Batches with this status. */
  status: BatchStatus | null;
  /** Lines or events of this batch. */
  batch: number | null;
  stream: "stdout" | "stderr" | null;
  /** What is searched for in the log. */
  find: string;
  wrap: boolean;
  /** Kinds of events. */
  kinds: string[];
  verdict: Verdict | null;
}

const BLOCK = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]+:[0-9a-f:.]*)\/\d{1,3}$/i;

function parts(value: unknown): string[] {
  return String(value ?? "")
    .split(",")
    .filter((part) => part !== "");
}

function one<T extends string>(value: unknown, of: readonly T[]): T | null {
  return of.find((known) => known === value) ?? null;
}

export function parseSearch(raw: Record<string, unknown>): ScanSearch {
  return {
    within: parts(raw.within)
      .filter((block) => BLOCK.test(block))
      .slice(0, 16),
    table: raw.view === "table",
    status: one(raw.status, STATUSES),
    batch: anId(String(raw.batch)) ?? null,
    stream: one(raw.stream, ["stdout", "stderr"] as const),
    find: raw.find === undefined ? "" : String(raw.find).slice(0, 200),
    wrap: raw.wrap === true || raw.wrap === 1 || raw.wrap === "true",
    kinds: parts(raw.kinds).filter((kind) => /^[a-z]{1,20}$/.test(kind)),
    verdict: one(raw.verdict, VERDICTS),
  };
}

/** As the URL holds it: what is as it would be anyway is left out. */
export function writeSearch(search: ScanSearch): Record<string, unknown> {
  return {
    within: search.within.join(",") || undefined,
    view: search.table ? "table" : undefined,
    status: search.status ?? undefined,
    batch: search.batch ?? undefined,
    stream: search.stream ?? undefined,
    find: search.find || undefined,
    wrap: search.wrap || undefined,
    kinds: search.kinds.join(",") || undefined,
    verdict: search.verdict ?? undefined,
  };
}

/** The URL's part, and how to change it: with a new step back, or (typing) in the place of this one. */
export function useScanSearch(): [
  ScanSearch,
  (change: Partial<ScanSearch>, replace?: boolean) => void,
] {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const search = useMemo(() => parseSearch(raw), [raw]);
  const change = useCallback(
    (some: Partial<ScanSearch>, replace = false) => {
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) =>
          writeSearch({ ...parseSearch(before), ...some })) as never,
        replace,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [search, change];
}
