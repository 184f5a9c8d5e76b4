// What of a scan's page is in its URL, besides the tab and the filters of hosts.
import { useMemo } from "react";
import type { BatchStatus, Verdict } from "@/api/client";
import { aFlag, anId, aPhrase, listOf, oneOf, useParamsOf } from "@/lib/search-params";

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
const BLOCK = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]+:[0-9a-f:.]*)\/\d{1,3}$/i;

export const PARAMS = {
  /** Blocks that the map is zoomed into, the widest first. */
  within: listOf(BLOCK, 16),
  /** How the map is shown. */
  view: oneOf(["table"]),
  /** Batches with this status. */
  status: oneOf(STATUSES),
  /** Lines or events of this batch. */
  batch: anId,
  stream: oneOf(["stdout", "stderr"]),
  /** What is searched for in the log. */
  find: aPhrase,
  wrap: aFlag,
  /** Kinds of events. */
  kinds: listOf(/^[a-z]{1,20}$/, 16),
  verdict: oneOf(VERDICTS),
};

const BLANK = { find: "", within: [] as string[], kinds: [] as string[] };

/** What the URL has, and how to change it. */
export function useScanSearch() {
  const [values, change] = useParamsOf(PARAMS);
  const search = useMemo(() => ({ ...BLANK, ...values, wrap: values.wrap === true }), [values]);
  return [search, change] as const;
}
