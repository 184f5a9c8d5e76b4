// All batches of a scan as a tree.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Batch, BatchStatus, Scan } from "@/api/client";
import { keys } from "@/api/queries";
import { Button, Card, CardHead } from "@/components/basics";
import { Empty, Loaded } from "@/components/states";
import { count } from "@/lib/format";
import { useAfter } from "@/live/follow";
import { type LiveScan, useCalmParts } from "@/live/scan";
import { statusCounts, treeRows } from "./batch-tree";
import { BatchTree } from "./batch-tree-view";
import { Chips } from "./chips";
import { batchesQuery } from "./queries";
import { useScanSearch } from "./search";
import { batchRows } from "./view";

const ORDER: BatchStatus[] = [
  "running",
  "retrying",
  "queued",
  "completed",
  "split",
  "failed",
  "stopped",
];

const STARTS: ReadonlySet<string> = new Set(["batch_start", "batch_complete"]);

/** Whether an event told of a batch that is newer than all that the server listed. */
function isNewer(live: LiveScan, listed: readonly Batch[]): boolean {
  const last = listed.reduce((max, batch) => Math.max(max, batch.id), 0);
  for (const id of live.model.batches.keys()) if (id > last) return true;
  return false;
}

export function BatchesTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  const query = useQuery(batchesQuery(scan.id));
  const client = useQueryClient();
  // Of a batch that was cut just now an event tells not all. A longer list is asked for less often.
  const listed = query.data ?? [];
  useAfter(live, STARTS, 2_000 + listed.length, () => {
    if (isNewer(live, listed)) void client.invalidateQueries({ queryKey: keys.batches(scan.id) });
  });
  return (
    <Card>
      <Loaded query={query}>{(batches) => <Tree batches={batches} live={live} />}</Loaded>
    </Card>
  );
}

function Tree({ batches, live }: { batches: Parameters<typeof batchRows>[0]; live: LiveScan }) {
  const [search, change] = useScanSearch();
  const version = useCalmParts(live, 250, "batches");
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: the model changes in place
  const rows = useMemo(() => batchRows(batches, live.model.batches), [batches, live, version]);
  const shown = useMemo(
    () => treeRows(rows, closed, search.status ?? null),
    [rows, closed, search.status],
  );
  const counts = useMemo(() => statusCounts(rows), [rows]);
  const parents = useMemo(
    () => new Set(rows.map((row) => row.parent).filter((parent) => parent !== null)),
    [rows],
  );
  const toggle = (id: number, open?: boolean) =>
    setClosed((before) => {
      const after = new Set(before);
      if (open ?? before.has(id)) after.delete(id);
      else after.add(id);
      return after;
    });
  return (
    <>
      <CardHead
        title="Batches"
        hint={`${count(shown.length)} of ${count(rows.length)} in sight`}
        actions={
          parents.size > 0 ? (
            <>
              <Button size="sm" onClick={() => setClosed(new Set())}>
                Open all
              </Button>
              <Button size="sm" onClick={() => setClosed(parents)}>
                Close all
              </Button>
            </>
          ) : null
        }
      />
      <Chips
        label="Status"
        chosen={search.status ? [search.status] : []}
        choices={ORDER.filter((status) => counts.has(status) || status === search.status).map(
          (status) => ({
            key: status,
            label: status,
            count: counts.get(status) ?? 0,
          }),
        )}
        onToggle={(key) =>
          change({ status: search.status === key ? undefined : (key as BatchStatus) })
        }
        onClear={() => change({ status: undefined })}
      />
      {shown.length === 0 ? (
        <Empty
          title={search.status ? `No batch is ${search.status}` : "No batch yet"}
          action={
            search.status ? (
              <Button onClick={() => change({ status: undefined }, true)}>Show all</Button>
            ) : null
          }
        >
          {search.status
            ? "They may have moved on: all are shown without the filter."
            : "Batches are cut when the scan starts."}
        </Empty>
      ) : (
        <BatchTree rows={shown} onToggle={toggle} />
      )}
    </>
  );
}
