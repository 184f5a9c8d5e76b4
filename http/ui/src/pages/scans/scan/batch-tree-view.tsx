// The rows of the tree that are in sight. A treegrid: arrows go up and down, open and close.
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useRef, useState } from "react";
import { cx, useNow } from "@/components/basics";
import { Fade } from "@/components/fade";
import { BatchBadge } from "@/components/verdicts";
import { count, duration } from "@/lib/format";
import { visible } from "@/lib/text";
import type { TreeRow } from "./batch-tree";
import { type BatchRow, someOf } from "./view";

const ROW = 36;
const GRID = "grid grid-cols-[11rem_8rem_minmax(10rem,2fr)_5.5rem_9.5rem_minmax(11rem,2fr)_7rem]";

interface Props {
  rows: TreeRow[];
  onToggle: (id: number, open?: boolean) => void;
}

export function BatchTree({ rows, onToggle }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<number | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollPaddingStart: 34,
  });
  const at = rows.findIndex((row) => row.batch.id === chosen);
  const press = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target !== box.current) return;
    const row = rows[at];
    const go = (to: number) => {
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      if (!next) return;
      setChosen(next.batch.id);
      virtual.scrollToIndex(rows.indexOf(next));
    };
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === "PageDown") go(at + 15);
    else if (event.key === "PageUp") go(at - 15);
    else if (event.key === "ArrowRight" && row && row.below > 0) onToggle(row.batch.id, true);
    else if (event.key === "ArrowLeft" && row) {
      if (row.below > 0 && row.isOpen) onToggle(row.batch.id, false);
      else if (row.batch.parent !== null) setChosen(row.batch.parent);
    } else if (event.key === "Enter" && row) {
      void navigate({ to: "/batches/$batchId", params: { batchId: String(row.batch.id) } });
    } else return;
    event.preventDefault();
  };
  return (
    <Fade box={box}>
      <div
        ref={box}
        role="treegrid"
        aria-label="Batches"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={at >= 0 ? `batch-${chosen}` : undefined}
        tabIndex={0}
        onKeyDown={press}
        className="relative max-h-[max(24rem,calc(100dvh-14rem))] overflow-auto"
      >
        <div className="min-w-[72rem]">
          <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
            <div
              role="row"
              aria-rowindex={1}
              className={cx(GRID, "border-b border-line text-xs font-medium text-muted")}
            >
              {["Batch", "Status", "Targets", "Attempt", "Found", "Progress, or why", "Took"].map(
                (name, column) => (
                  <div
                    key={name}
                    role="columnheader"
                    className={cx("px-3 py-2", (column === 3 || column === 6) && "text-right")}
                  >
                    {name}
                  </div>
                ),
              )}
            </div>
          </div>
          <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return row ? (
                <Row
                  key={row.batch.id}
                  row={row}
                  index={item.index}
                  top={item.start}
                  isChosen={row.batch.id === chosen}
                  onToggle={onToggle}
                />
              ) : null;
            })}
          </div>
        </div>
      </div>
    </Fade>
  );
}

function Row({
  row,
  index,
  top,
  isChosen,
  onToggle,
}: {
  row: TreeRow;
  index: number;
  top: number;
  isChosen: boolean;
  onToggle: Props["onToggle"];
}) {
  const { batch, depth, below, isOpen } = row;
  const targets = visible(someOf(batch.targets, 2));
  return (
    <div
      role="row"
      id={`batch-${batch.id}`}
      aria-rowindex={index + 2}
      aria-level={depth + 1}
      aria-expanded={below > 0 ? isOpen : undefined}
      aria-selected={isChosen}
      className={cx(
        GRID,
        "absolute inset-x-0 items-center border-b border-line text-sm",
        isChosen ? "bg-hover" : "hover:bg-hover",
        row.isWay && "text-muted",
      )}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
    >
      <div
        role="gridcell"
        className="flex min-w-0 items-center gap-1 pr-2"
        style={{ paddingLeft: 8 + Math.min(depth, 6) * 16 }}
      >
        {below > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={isOpen ? "Close" : "Open"}
            className="flex size-7 shrink-0 items-center justify-center rounded text-muted hover:text-text"
            onClick={() => onToggle(batch.id)}
          >
            {isOpen ? <ChevronDown className="size-4" /> : <ChevronRight className="size-4" />}
          </button>
        ) : (
          <span className="size-7 shrink-0" />
        )}
        <Link
          to="/batches/$batchId"
          params={{ batchId: String(batch.id) }}
          tabIndex={-1}
          className="num inline-flex h-7 min-w-7 items-center hover:underline"
        >
          {batch.id}
        </Link>
        {below > 0 ? (
          <span className="num truncate text-xs text-muted" title="Batches below it">
            +{count(below)}
          </span>
        ) : null}
        {batch.lane === "main" ? null : (
          <span className="truncate text-xs text-muted" title="How it is treated">
            {batch.lane}
          </span>
        )}
      </div>
      <div role="gridcell" className="px-3">
        <BatchBadge status={batch.status} />
      </div>
      <div role="gridcell" className="flex min-w-0 gap-2 px-3" title={targets}>
        <span className="truncate font-mono text-xs leading-5">{targets}</span>
        {batch.count === null ? null : (
          <span className="num shrink-0 text-xs leading-5 text-muted">{count(batch.count)}</span>
        )}
      </div>
      <div role="gridcell" className={cx("num px-3 text-right", batch.attempt > 1 && "text-warn")}>
        {batch.attempt || "–"}
      </div>
      <div role="gridcell" className="num truncate px-3 text-xs">
        {batch.up > 0 ? `${count(batch.up)} up, ${count(batch.open)} open` : "–"}
      </div>
      <div role="gridcell" className="min-w-0 px-3">
        <How batch={batch} />
      </div>
      <div role="gridcell" className="num px-3 text-right text-xs">
        <Took batch={batch} />
      </div>
    </div>
  );
}

function How({ batch }: { batch: BatchRow }) {
  if (batch.status !== "running") {
    const reason = batch.reason ? visible(batch.reason) : "";
    return (
      <span className="block truncate text-xs text-muted" title={reason}>
        {reason}
      </span>
    );
  }
  const said = batch.percent === null ? "" : `${Math.floor(batch.percent)} %`;
  return (
    <div className="flex items-center gap-2 text-xs" title="Of nmap's present task">
      <div className="h-1.5 w-16 shrink-0 overflow-hidden rounded-full bg-sunken">
        <div className="h-full bg-v-running" style={{ width: `${batch.percent ?? 0}%` }} />
      </div>
      <span className="num w-8 shrink-0 text-right">{said}</span>
      <span className="truncate text-muted">{batch.phase ? visible(batch.phase) : "started"}</span>
    </div>
  );
}

function Took({ batch }: { batch: BatchRow }) {
  if (!batch.startedAt) return <span className="text-muted">–</span>;
  if (!batch.endedAt) {
    return batch.status === "running" ? <Running since={batch.startedAt} /> : <span>–</span>;
  }
  return <>{duration(Math.max(0, Date.parse(batch.endedAt) - Date.parse(batch.startedAt)))}</>;
}

function Running({ since }: { since: string }) {
  const now = useNow(1_000);
  const s = Math.max(1, Math.floor((now - Date.parse(since)) / 1_000));
  return <>{duration(s * 1_000)}</>;
}
