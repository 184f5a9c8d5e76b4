// One batch: what it scanned, how each attempt at it went, and what nmap wrote.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Batch, isMissing } from "@/api/client";
import { batchQuery } from "@/api/queries";
import { Button, buttonClass, Card, CardHead, Notice, Stat } from "@/components/basics";
import { Missing } from "@/components/missing";
import { PageHead } from "@/components/page";
import { Failed, LoadingRows } from "@/components/states";
import { copyText } from "@/components/text/save";
import { BatchBadge } from "@/components/verdicts";
import { count, counted, duration } from "@/lib/format";
import { anId } from "@/lib/search-params";
import { visible } from "@/lib/text";
import { useLiveScan } from "@/live/held";
import { type LiveScan, useCalmParts } from "@/live/scan";
import { batchesQuery } from "../scans/scan/queries";
import { Attempts } from "./attempts";

/** Ranges that are shown; “Copy” has all of them. */
const SHOWN = 500;

export default function BatchPage() {
  const { batchId = "" } = useParams({ strict: false });
  const id = anId(batchId);
  const query = useQuery({ ...batchQuery(id ?? 0), enabled: id !== undefined });
  const live = useLiveScan(query.data?.scan_id ?? null);
  if (query.data) return <OneBatch batch={query.data} live={live} />;
  if (id === undefined || isMissing(query.error)) return <NoSuchBatch name={batchId} />;
  return (
    <>
      <PageHead title={`Batch ${id}`} />
      {query.error ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <LoadingRows />
      )}
    </>
  );
}

export function NoSuchBatch({ name }: { name: string }) {
  return (
    <Missing what="batch" name={name} list={{ label: "All scans", to: "/scans" }}>
      Its scan may have been deleted, or its number mistyped.
    </Missing>
  );
}

function OneBatch({ batch, live }: { batch: Batch; live: LiveScan | null }) {
  const { summary, targets } = batch;
  const scan = { scanId: String(batch.scan_id) };
  return (
    <>
      <PageHead
        title={`Batch ${batch.id}`}
        crumbs={[
          { label: `Scan ${batch.scan_id}`, to: `/scans/${batch.scan_id}` },
          { label: "Batches", to: `/scans/${batch.scan_id}/batches` },
        ]}
        aside={<BatchBadge status={batch.status} />}
        actions={
          <>
            <Link
              to="/scans/$scanId/$tab"
              params={{ ...scan, tab: "log" }}
              search={{ batch: batch.id } as never}
              className={buttonClass()}
            >
              Its log
            </Link>
            <Link
              to="/scans/$scanId/$tab"
              params={{ ...scan, tab: "events" }}
              search={{ batch: batch.id } as never}
              className={buttonClass()}
            >
              Its events
            </Link>
          </>
        }
      />
      <div className="flex flex-col gap-4">
        {batch.status === "failed" ? (
          <Notice tone="danger" title="It was given up">
            {batch.detail ? visible(batch.detail) : "Its last attempt failed."} Its unfinished
            targets can be scanned again with Rescan on the page of the scan.
          </Notice>
        ) : null}
        {live && batch.status === "running" ? <Running id={batch.id} live={live} /> : null}
        <Card>
          <dl className="grid grid-cols-2 sm:grid-cols-4 sm:divide-x sm:divide-line">
            <Stat label="Targets" value={count(batch.target_count)} hint={`lane ${batch.lane}`} />
            <Stat
              label="Hosts up"
              value={count(summary.hosts_up)}
              hint={`${count(summary.hosts_down)} down, ${count(summary.hosts_timed_out)} timed out`}
              tone={summary.hosts_up > 0 ? "good" : undefined}
            />
            <Stat label="Open ports" value={count(summary.open_ports)} hint="on hosts up" />
            <Stat
              label="Took"
              value={batch.finished_at ? duration(summary.duration_ms) : "–"}
              hint={counted(batch.attempts?.length ?? 0, "attempt")}
            />
          </dl>
        </Card>
        <Attempts batch={batch} />
        <Card>
          <CardHead
            title="Targets"
            hint={counted(targets.length, "range")}
            actions={
              <Button size="sm" onClick={() => void copyText("The targets", targets.join("\n"))}>
                Copy
              </Button>
            }
          />
          <p className="max-h-60 overflow-y-auto px-4 py-3 font-mono text-xs leading-5 break-words">
            {visible(targets.slice(0, SHOWN).join(", "))}
            {targets.length > SHOWN ? ` and ${counted(targets.length - SHOWN, "more range")}` : ""}
          </p>
        </Card>
        <Family batch={batch} />
      </div>
    </>
  );
}

function Running({ id, live }: { id: number; live: LiveScan }) {
  useCalmParts(live, 250, "batches");
  const now = live.model.batches.get(id);
  if (!now || now.percent === null) return null;
  return (
    <Notice tone="info">
      <span className="num">
        {now.phase ? `${visible(now.phase)}: ` : ""}
        {now.percent.toFixed(0)} % of nmap's present task
        {now.etaMs ? `, about ${duration(now.etaMs)} left of it` : ""}
      </span>
    </Notice>
  );
}

/** Where it came from, and what it was split into. */
function Family({ batch }: { batch: Batch }) {
  const isSplit = batch.status === "split";
  const all = useQuery({ ...batchesQuery(batch.scan_id), enabled: isSplit });
  const children = (all.data ?? []).filter((one) => one.parent_batch_id === batch.id);
  if (!batch.parent_batch_id && children.length === 0) return null;
  return (
    <Card>
      <CardHead title="Split" />
      <dl className="grid grid-cols-[6rem_1fr] gap-y-2 px-4 py-3 text-sm">
        {batch.parent_batch_id ? (
          <Part name="Came from">
            <BatchLink id={batch.parent_batch_id} />
          </Part>
        ) : null}
        {children.length > 0 ? (
          <Part name="Split into">
            <ul className="flex flex-col gap-1">
              {children.map((child) => (
                <li key={child.id} className="flex flex-wrap items-center gap-2">
                  <BatchLink id={child.id} />
                  <BatchBadge status={child.status} />
                  <span className="text-xs text-muted">
                    {counted(child.target_count, "target")}
                  </span>
                </li>
              ))}
            </ul>
          </Part>
        ) : null}
      </dl>
    </Card>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function BatchLink({ id }: { id: number }) {
  return (
    <Link
      to="/batches/$batchId"
      params={{ batchId: String(id) }}
      className="num text-accent underline"
    >
      Batch {id}
    </Link>
  );
}
