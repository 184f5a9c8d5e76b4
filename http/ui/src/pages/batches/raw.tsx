// What nmap wrote, byte for byte: as text that can be searched, and as a download.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Download, WrapText } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import {
  type Attempt,
  apiUrl,
  type Batch,
  fetchApi,
  isMissing,
  problemOf,
  type Schemas,
} from "@/api/client";
import { batchQuery } from "@/api/queries";
import {
  Badge,
  Bytes,
  buttonClass,
  Card,
  cx,
  IconButton,
  Notice,
  Select,
} from "@/components/basics";
import { Missing } from "@/components/missing";
import { PageHead, TabLinks, tabClass } from "@/components/page";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { FindBar, useFind } from "@/components/text/find-bar";
import { pressed } from "@/components/text/keys";
import { TextView, type TextViewHandle } from "@/components/text/text-view";
import { bytes, counted } from "@/lib/format";
import { aFlag, anId, aPhrase, useParamsOf } from "@/lib/search-params";
import { TextRows } from "@/lib/text-rows";
import { NoSuchBatch } from "./batch";
import { type Bound, LINES_MAX, Lines, READ_MAX } from "./raw-text";

const STREAMS: Schemas["Stream"][] = ["xml", "stdout", "stderr"];

const PARAMS = { attempt: anId, find: aPhrase, wrap: aFlag };

export default function RawPage() {
  const { batchId = "", stream: named = "" } = useParams({ strict: false });
  const id = anId(batchId);
  const stream = STREAMS.find((one) => one === named);
  const query = useQuery({ ...batchQuery(id ?? 0), enabled: id !== undefined });
  if (id === undefined || isMissing(query.error)) return <NoSuchBatch name={batchId} />;
  if (!stream) {
    const batch = { label: `Batch ${id}`, to: `/batches/${id}` };
    return (
      <Missing what="output" name={named} list={batch}>
        An output is xml, stdout or stderr.
      </Missing>
    );
  }
  if (query.data) return <RawOf batch={query.data} stream={stream} />;
  return (
    <>
      <PageHead title={`Batch ${id}: ${stream}`} />
      {query.error ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <LoadingRows rows={12} />
      )}
    </>
  );
}

function RawOf({ batch, stream }: { batch: Batch; stream: Schemas["Stream"] }) {
  const [search, change] = useParamsOf(PARAMS);
  const attempts = batch.attempts ?? [];
  const attempt = attempts.find((one) => one.attempt === search.attempt) ?? attempts.at(-1) ?? null;
  return (
    <>
      <PageHead
        title={`Batch ${batch.id}: ${stream}`}
        crumbs={[
          { label: `Scan ${batch.scan_id}`, to: `/scans/${batch.scan_id}` },
          { label: `Batch ${batch.id}`, to: `/batches/${batch.id}` },
        ]}
        actions={
          attempt ? (
            <>
              <Select
                aria-label="Attempt"
                value={attempt.attempt}
                onChange={(event) => change({ attempt: Number(event.target.value) })}
              >
                {attempts.map((one) => (
                  <option key={one.attempt} value={one.attempt}>
                    Attempt {one.attempt}: {one.ending ?? "runs"}
                  </option>
                ))}
              </Select>
              <a
                href={apiUrl(`/api/batches/${batch.id}/raw/${stream}`, {
                  attempt: attempt.attempt,
                })}
                download
                className={buttonClass()}
              >
                <Download aria-hidden className="size-4" />
                Download
              </a>
            </>
          ) : null
        }
      >
        <TabLinks label="Outputs">
          {STREAMS.map((one) => (
            <Link
              key={one}
              to="/batches/$batchId/raw/$stream"
              params={{ batchId: String(batch.id), stream: one }}
              search={{ attempt: search.attempt } as never}
              className={tabClass}
            >
              {one}
              {attempt?.raw[one] ? (
                <span className="text-xs text-muted">
                  <Bytes value={attempt.raw[one].bytes} />
                </span>
              ) : null}
            </Link>
          ))}
        </TabLinks>
      </PageHead>
      {attempt ? (
        <Output
          key={`${attempt.attempt}${stream}`}
          batch={batch}
          attempt={attempt}
          stream={stream}
        />
      ) : (
        <Empty title="Nothing was written yet">This batch has not started an nmap.</Empty>
      )}
    </>
  );
}

interface Read {
  lines: string[];
  isRead: boolean;
  bound: Bound;
  error: unknown;
}

/** Reads an output as it comes, so far as it is bounded. */
function useRead(url: string): Read {
  const [read, setRead] = useState<Read>({ lines: [], isRead: false, bound: null, error: null });
  useEffect(() => {
    const stop = new AbortController();
    const go = async () => {
      const found = new Lines();
      const response = await fetchApi(url, { signal: stop.signal });
      if (!response.ok) {
        throw problemOf(response, await response.json().catch(() => null));
      }
      const reader = response.body?.getReader();
      while (reader) {
        const { done, value } = await reader.read();
        if (done || !found.push(value)) break;
      }
      void reader?.cancel();
      found.end();
      setRead({ lines: found.lines, isRead: true, bound: found.bound, error: null });
    };
    go().catch((error: unknown) => {
      if (!stop.signal.aborted) setRead({ lines: [], isRead: true, bound: null, error });
    });
    return () => stop.abort();
  }, [url]);
  return read;
}

function Output({
  batch,
  attempt,
  stream,
}: {
  batch: Batch;
  attempt: Attempt;
  stream: Schemas["Stream"];
}) {
  const url = apiUrl(`/api/batches/${batch.id}/raw/${stream}`, { attempt: attempt.attempt });
  const read = useRead(url);
  const raw = attempt.raw[stream];
  if (read.error) return <Failed error={read.error} />;
  return (
    <div className="flex flex-col gap-3">
      {attempt.ending ? null : (
        <Notice tone="info">This attempt still runs: this is what it had written so far.</Notice>
      )}
      {raw?.truncated ? (
        <Notice tone="warn" title="It is not whole">
          nmap wrote {bytes(raw.dropped_bytes)} more than is kept.
        </Notice>
      ) : null}
      {read.bound ? (
        <Notice tone="warn" title="Only the beginning is shown">
          {read.bound === "bytes"
            ? `The first ${bytes(READ_MAX)}${raw ? ` of ${bytes(raw.bytes)}` : ""}.`
            : `The first ${counted(LINES_MAX, "line")}.`}{" "}
          “Download” has all of it; search looks through what is shown.
        </Notice>
      ) : null}
      <Card className="overflow-hidden">
        {read.isRead ? <Text lines={read.lines} stream={stream} /> : <LoadingRows rows={12} />}
        {raw ? (
          <p className="flex flex-wrap items-center gap-x-3 border-t border-line px-3 py-1.5 text-xs text-muted">
            <span className="num">{counted(read.lines.length, "line")}</span>
            <Bytes value={raw.bytes} />
            {raw.blake3 ? (
              <span className="min-w-0 truncate font-mono" title={`BLAKE3 ${raw.blake3}`}>
                BLAKE3 {raw.blake3}
              </span>
            ) : null}
            {raw.truncated ? <Badge tone="warn">truncated</Badge> : null}
          </p>
        ) : null}
      </Card>
    </div>
  );
}

const ofItself = (line: string) => line;
const gutter = (_: string, number: number) => String(number + 1);

function Text({ lines, stream }: { lines: string[]; stream: string }) {
  const [search, change] = useParamsOf(PARAMS);
  const [columns, setColumns] = useState(100);
  const view = useRef<TextViewHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const { find = "", wrap = false } = search;
  const width = wrap ? columns : null;
  const rows = useMemo(() => {
    const made = new TextRows<string>(ofItself, width);
    for (const line of lines) made.push(line);
    return made;
  }, [lines, width]);
  const finding = useFind(rows, find, view, nothing);
  const onFind = useCallback((find: string) => change({ find }), [change]);
  const press = (event: React.KeyboardEvent) => {
    const isTaken = pressed(event, {
      onSearch: () => field.current?.focus(),
      go: finding.go,
      onEnd: nothing,
      onWrap: () => change({ wrap: !wrap }),
    });
    if (isTaken) event.preventDefault();
  };
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-3 py-2">
        <FindBar
          ref={field}
          find={find}
          onFind={onFind}
          finding={finding}
          onLeave={() => view.current?.focus()}
        />
        <IconButton
          label="Wrap long lines (w)"
          aria-pressed={wrap}
          className={cx("size-8", wrap && "bg-accent-soft text-accent")}
          onClick={() => change({ wrap: !wrap })}
        >
          <WrapText aria-hidden className="size-4" />
        </IconButton>
      </div>
      {lines.length === 0 ? (
        <Empty title="It is empty">{`nmap wrote nothing to ${stream}.`}</Empty>
      ) : (
        <TextView
          ref={view}
          rows={rows}
          label={stream}
          gutter={gutter}
          gutterColumns={String(lines.length).length}
          find={find}
          current={finding.current}
          follow={false}
          onFollow={nothing}
          onColumns={setColumns}
          onKey={press}
          className="h-[max(20rem,calc(100dvh-19rem))]"
        />
      )}
    </>
  );
}

function nothing(): void {}
