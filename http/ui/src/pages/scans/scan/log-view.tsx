import { ArrowDownToLine, Copy, Download, Pause, Play, WrapText } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import type { Scan } from "@/api/client";
import { Button, cx, IconButton, Notice, Select } from "@/components/basics";
import { Empty } from "@/components/states";
import { FindBar, useFind } from "@/components/text/find-bar";
import { pressed } from "@/components/text/keys";
import { copyText, saveText } from "@/components/text/save";
import { TextView, type TextViewHandle } from "@/components/text/text-view";
import { count, counted, timeOfDay } from "@/lib/format";
import type { LogHistory } from "@/live/history";
import { LINES_MAX, type LogLine } from "@/live/log";
import { LogRows } from "@/live/log-rows";
import { type LiveScan, useCalmParts } from "@/live/scan";
import { BatchFilter } from "./batch-filter";
import { PARAMS, useScanSearch } from "./search";
import { isEnded } from "./view";

/** Milliseconds between two drawings: lines that come faster are not read one by one. */
const CALM_MS = 50;

/** Columns before a line: the time of day and the batch. */
const GUTTER = 16;

function gutter(line: LogLine) {
  return `${timeOfDay(new Date(line.at).toISOString())} ${line.batch}`;
}

function tone(line: LogLine): string | undefined {
  return line.stream === "stderr" ? "text-danger" : undefined;
}

function textOf(rows: LogRows["rows"]): string[] {
  const parts: string[] = [];
  for (let at = rows.first; at < rows.end; at += 1) {
    const line = rows.line(at);
    if (line) parts.push(`${line.text}\n`);
  }
  return parts;
}

export function LogView({
  scan,
  live,
  history,
}: {
  scan: Scan;
  live: LiveScan;
  history: LogHistory;
}) {
  useCalmParts(live, CALM_MS, "log");
  const [search, change] = useScanSearch();
  const [follow, setFollow] = useState(true);
  const [paused, setPaused] = useState(false);
  const [columns, setColumns] = useState(100);
  const view = useRef<TextViewHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const width = search.wrap ? columns : null;
  const shown = useMemo(
    () => new LogRows(history.log, { stream: search.stream ?? null }, width),
    [history, search.stream, width],
  );
  if (!paused) shown.sync();
  const { rows } = shown;
  const stay = useCallback(() => setFollow(false), []);
  const finding = useFind(rows, search.find, view, stay);
  const onTop = useCallback(() => {
    if (history.state === "idle") void history.more();
  }, [history]);
  const onFind = useCallback((find: string) => change({ find }), [change]);
  const press = (event: React.KeyboardEvent) => {
    const isTaken = pressed(event, {
      onSearch: () => field.current?.focus(),
      go: finding.go,
      onEnd: () => setFollow(true),
      onFollow: () => setFollow(!follow),
      onPause: () => setPaused(!paused),
      onWrap: () => change({ wrap: !search.wrap }),
    });
    if (isTaken) event.preventDefault();
  };
  const isEmpty = rows.rows === 0;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line px-3 py-2">
        <FindBar
          ref={field}
          find={search.find}
          onFind={onFind}
          finding={finding}
          onLeave={() => view.current?.focus()}
        />
        <BatchFilter
          live={live}
          batch={search.batch ?? null}
          onBatch={(batch) => change({ batch: batch ?? undefined })}
        />
        <Select
          aria-label="Stream"
          value={search.stream ?? ""}
          onChange={(event) => change({ stream: PARAMS.stream(event.target.value) })}
        >
          <option value="">both streams</option>
          <option value="stdout">stdout</option>
          <option value="stderr">stderr</option>
        </Select>
        <span className="flex items-center">
          <Toggle
            label="Wrap long lines (w)"
            on={search.wrap}
            onClick={() => change({ wrap: !search.wrap })}
          >
            <WrapText aria-hidden className="size-4" />
          </Toggle>
          <Toggle
            label={paused ? "Go on (p)" : "Pause (p)"}
            on={paused}
            onClick={() => setPaused(!paused)}
          >
            {paused ? (
              <Play aria-hidden className="size-4" />
            ) : (
              <Pause aria-hidden className="size-4" />
            )}
          </Toggle>
          <Toggle label="Follow the newest line (f)" on={follow} onClick={() => setFollow(!follow)}>
            <ArrowDownToLine aria-hidden className="size-4" />
          </Toggle>
          <IconButton
            label="Copy these lines"
            className="size-8"
            disabled={isEmpty}
            onClick={() => void copyText(counted(rows.rows, "line"), textOf(rows).join(""))}
          >
            <Copy aria-hidden className="size-4" />
          </IconButton>
          <IconButton
            label="Download these lines"
            className="size-8"
            disabled={isEmpty}
            onClick={() => saveText(`scan-${scan.id}.log`, textOf(rows))}
          >
            <Download aria-hidden className="size-4" />
          </IconButton>
        </span>
      </div>
      <div className="relative">
        {/* Nothing is removed when there is nothing: so that its width is known. */}
        <TextView
          ref={view}
          rows={rows}
          label="Log"
          gutter={gutter}
          gutterColumns={GUTTER}
          tone={tone}
          find={search.find}
          current={finding.current}
          follow={follow && !paused}
          onFollow={setFollow}
          onTop={onTop}
          onColumns={setColumns}
          onKey={press}
          className="h-[max(20rem,calc(100dvh-21rem))]"
        />
        {isEmpty ? <Nothing scan={scan} history={history} /> : null}
        {follow && !paused ? null : (
          <Button
            variant="primary"
            size="sm"
            className="absolute right-6 bottom-4 shadow-raised"
            onClick={() => {
              setPaused(false);
              setFollow(true);
            }}
          >
            <ArrowDownToLine aria-hidden className="size-3.5" />
            {paused ? `${counted(shown.behind, "new line")}: go on` : "To the newest line"}
          </Button>
        )}
      </div>
      <Foot live={live} history={history} shown={shown} paused={paused} />
    </>
  );
}

function Toggle({
  label,
  on,
  onClick,
  children,
}: {
  label: string;
  on: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <IconButton
      label={label}
      aria-pressed={on}
      className={cx("size-8", on && "bg-accent-soft text-accent")}
      onClick={onClick}
    >
      {children}
    </IconButton>
  );
}

function Nothing({ scan, history }: { scan: Scan; history: LogHistory }) {
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center">
      {history.state === "loading" ? (
        <p className="text-sm text-muted">Loading older lines</p>
      ) : (
        <Empty title="No line">
          {isEnded(scan.status)
            ? "nmap wrote none, or they are past what this server keeps. Raw outputs are on the pages of batches."
            : "Lines come here as nmap writes them."}
        </Empty>
      )}
    </div>
  );
}

function Foot({
  live,
  history,
  shown,
  paused,
}: {
  live: LiveScan;
  history: LogHistory;
  shown: LogRows;
  paused: boolean;
}) {
  const { log } = history;
  const all = shown.rows.end - shown.rows.first;
  const hidden = log.length - all - (paused ? shown.behind : 0);
  return (
    <>
      {history.state === "failed" ? (
        <div className="border-t border-line p-2">
          <Notice
            tone="warn"
            title="Older lines could not be loaded"
            actions={
              <Button size="sm" onClick={() => void history.more()}>
                Try again
              </Button>
            }
          >
            {history.error instanceof Error ? history.error.message : String(history.error)}
          </Notice>
        </div>
      ) : null}
      <p className="num flex flex-wrap items-center gap-x-3 border-t border-line px-3 py-1.5 text-xs text-muted">
        <span>{counted(all, "line")}</span>
        {hidden > 0 ? <span>{counted(hidden, "line")} left out by the filter</span> : null}
        {log.dropped > 0 || history.state === "full" ? (
          <span title={`The newest ${count(LINES_MAX)} lines are kept in this page`}>
            older lines are left to the server: scroll up for them
          </span>
        ) : null}
        {history.state === "begin" && log.dropped === 0 ? (
          <span>from the first line on</span>
        ) : null}
        {history.state === "loading" ? <span>loading older lines</span> : null}
        {history.state === "idle" ? (
          <Button size="sm" variant="quiet" onClick={() => void history.more()}>
            Load older lines
          </Button>
        ) : null}
        {live.link.phase === "live" ? null : (
          <span className="text-warn">not live: newer lines come when connected again</span>
        )}
      </p>
    </>
  );
}
