// Each nmap that was run for a batch: how it was called, how it ended, what it left.
import { Link } from "@tanstack/react-router";
import { Copy, Download } from "lucide-react";
import type { Attempt, Batch, Schemas } from "@/api/client";
import { apiUrl } from "@/api/client";
import { Badge, Bytes, Card, CardHead, IconButton, Time, useNow } from "@/components/basics";
import { Empty } from "@/components/states";
import { copyText } from "@/components/text/save";
import { counted, duration, shell } from "@/lib/format";
import { visible } from "@/lib/text";
import { someOf } from "../scans/scan/view";

const STREAMS: Schemas["Stream"][] = ["xml", "stdout", "stderr"];

export function Attempts({ batch }: { batch: Batch }) {
  const attempts = [...(batch.attempts ?? [])].reverse();
  if (attempts.length === 0) {
    return (
      <Card>
        <Empty title="Not started yet">An nmap runs for it as soon as there is room.</Empty>
      </Card>
    );
  }
  return attempts.map((attempt) => <One key={attempt.attempt} batch={batch} attempt={attempt} />);
}

function One({ batch, attempt }: { batch: Batch; attempt: Attempt }) {
  const command = shell(attempt.argv);
  const isGood = attempt.ending === "complete";
  return (
    <Card>
      <CardHead
        title={`Attempt ${attempt.attempt}`}
        hint={<Time at={attempt.started_at} as="date" />}
        actions={
          <Badge tone={attempt.ending ? (isGood ? "good" : "danger") : "info"}>
            {attempt.ending ?? "runs"}
          </Badge>
        }
      />
      <div className="flex flex-col gap-3 px-4 py-3 text-sm">
        {attempt.detail && !isGood ? (
          <p className="break-words text-danger">{visible(attempt.detail)}</p>
        ) : null}
        <ul className="num flex flex-wrap gap-x-5 gap-y-1 text-muted">
          <li>
            <Took attempt={attempt} />
          </li>
          <li>
            processor <span className="text-text">{duration(attempt.cpu_ms)}</span>
          </li>
          {attempt.exit_code === null || attempt.exit_code === undefined ? null : (
            <li>
              exit code <span className="text-text">{attempt.exit_code}</span>
            </li>
          )}
          {attempt.signal ? (
            <li>
              signal <span className="text-text">{attempt.signal}</span>
            </li>
          ) : null}
          <li>
            <span className="text-text">{counted(attempt.salvaged_hosts, "host")}</span> kept
          </li>
          <li className="min-w-0 truncate" title={visible(someOf(attempt.targets, 40))}>
            scanned <span className="text-text">{visible(someOf(attempt.targets, 4))}</span>
          </li>
        </ul>
        <div className="flex items-start gap-2">
          <code className="max-h-32 min-w-0 flex-1 overflow-y-auto rounded bg-sunken px-2 py-1.5 font-mono text-xs leading-5 break-all">
            {visible(command)}
          </code>
          <IconButton
            label="Copy the command"
            onClick={() => void copyText("The command", command)}
          >
            <Copy aria-hidden className="size-4" />
          </IconButton>
        </div>
        <Outputs batch={batch} attempt={attempt} />
      </div>
    </Card>
  );
}

function Took({ attempt }: { attempt: Attempt }) {
  const now = useNow(1_000);
  const end = attempt.finished_at ? Date.parse(attempt.finished_at) : now;
  const ms = Math.max(0, end - Date.parse(attempt.started_at));
  return (
    <>
      {attempt.finished_at ? "took" : "runs for"}{" "}
      <span className="text-text">
        {duration(attempt.finished_at ? ms : Math.max(1_000, Math.floor(ms / 1_000) * 1_000))}
      </span>
    </>
  );
}

function Outputs({ batch, attempt }: { batch: Batch; attempt: Attempt }) {
  return (
    <ul aria-label="Raw outputs" className="divide-y divide-line rounded-md border border-line">
      {STREAMS.map((stream) => {
        const raw = attempt.raw[stream];
        return raw ? (
          <li key={stream} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-1.5">
            <Link
              to="/batches/$batchId/raw/$stream"
              params={{ batchId: String(batch.id), stream }}
              search={{ attempt: attempt.attempt } as never}
              className="inline-flex min-h-7 w-14 items-center text-accent underline"
            >
              {stream}
            </Link>
            <span className="w-20 text-right">
              <Bytes value={raw.bytes} />
            </span>
            <span className="text-xs text-muted" title="In the store, compressed">
              <Bytes value={raw.stored_bytes} /> stored
            </span>
            {raw.truncated ? (
              <Badge tone="warn" title="nmap wrote more than is kept">
                truncated by <Bytes value={raw.dropped_bytes} />
              </Badge>
            ) : null}
            <span
              className="min-w-0 flex-1 basis-24 truncate font-mono text-xs text-muted"
              title={raw.blake3 ? `BLAKE3 ${raw.blake3}` : undefined}
            >
              {raw.blake3 ?? "still written"}
            </span>
            <a
              href={apiUrl(`/api/batches/${batch.id}/raw/${stream}`, { attempt: attempt.attempt })}
              download
              aria-label={`Download ${stream} of attempt ${attempt.attempt}`}
              title="Download"
              className="inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
            >
              <Download aria-hidden className="size-4" />
            </a>
          </li>
        ) : null;
      })}
    </ul>
  );
}
