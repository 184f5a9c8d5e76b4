// A quick scan while it runs: how far it is, and what nmap says, as it says it.
import { useQuery } from "@tanstack/react-query";
import { LoaderCircle, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { scanQuery } from "@/api/queries";
import { Button, Card, CardHead, useNow } from "@/components/basics";
import { VerdictBar, VerdictLegend } from "@/components/verdicts";
import { counted, duration, percent } from "@/lib/format";
import { LiveScan, type ScanModel, useParts } from "@/live/scan";

/** Lines of nmap that are shown while it runs. */
const LINES = 200;

function useLive(id: number): LiveScan | null {
  const [live, setLive] = useState<LiveScan | null>(null);
  useEffect(() => {
    const next = new LiveScan(id);
    setLive(next);
    return () => next.close();
  }, [id]);
  return live;
}

/** Busy, with nothing known but for how long. */
export function Waiting({ since, cancel }: { since: number; cancel?: () => void }) {
  const now = useNow(1_000);
  return (
    <Card>
      <CardHead
        title={
          <span role="status" className="flex items-center gap-2">
            <LoaderCircle aria-hidden className="size-4 text-info motion-safe:animate-spin" />
            nmap runs
          </span>
        }
        hint={<span className="num">{duration(Math.max(0, now - since))}</span>}
        actions={cancel ? <Cancel cancel={cancel} /> : null}
      />
      <p className="p-4 text-sm text-muted">
        Its output is shown here when the server has taken the scan up.
      </p>
    </Card>
  );
}

function Cancel({ cancel }: { cancel: () => void }) {
  return (
    <Button size="sm" variant="danger" onClick={cancel}>
      <Square aria-hidden className="size-3.5" />
      Cancel
    </Button>
  );
}

export function Watch(props: { id: number; cancel: () => void; onEnd?: () => void }) {
  const live = useLive(props.id);
  if (!live) return null;
  return <Watched {...props} live={live} />;
}

function lastLines(model: ScanModel): { seq: number; text: string }[] {
  const found: { seq: number; text: string }[] = [];
  model.log.forEach((line) => {
    found.push(line);
    if (found.length > 2 * LINES) found.splice(0, LINES);
  });
  return found.slice(-LINES);
}

function Watched({
  id,
  live,
  cancel,
  onEnd,
}: {
  id: number;
  live: LiveScan;
  cancel: () => void;
  onEnd?: () => void;
}) {
  const model = useParts(live, "scan", "batches", "log");
  const { data: scan } = useQuery(scanQuery(id));
  const now = useNow(1_000);
  const isOver =
    model.status === "completed" || model.status === "stopped" || model.status === "failed";
  useEffect(() => {
    if (isOver) onEnd?.();
  }, [isOver, onEnd]);
  const batch = [...model.batches.values()].at(-1);
  const verdicts = model.verdicts ?? scan?.verdicts;
  const progress = model.progress ?? scan?.progress;
  const started = scan?.started_at ?? scan?.created_at;
  return (
    <Card>
      <CardHead
        title={
          <span role="status" className="flex items-center gap-2">
            <LoaderCircle aria-hidden className="size-4 text-info motion-safe:animate-spin" />
            {isOver ? "Reading what it found" : batch?.phase || "nmap runs"}
          </span>
        }
        hint={
          <span className="num">
            {started ? duration(Math.max(0, now - Date.parse(started))) : null}
            {batch?.percent != null
              ? `, nmap says ${Math.floor(batch.percent)} % of this phase`
              : ""}
          </span>
        }
        actions={<Cancel cancel={cancel} />}
      />
      <div className="flex flex-col gap-3 p-4">
        {verdicts && progress ? (
          <>
            <VerdictBar verdicts={verdicts} />
            <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-xs">
              <VerdictLegend verdicts={verdicts} />
              <span className="num ml-auto text-muted">
                {percent(progress.targets_done, progress.targets_total)} of{" "}
                {counted(progress.targets_total, "target")}
              </span>
            </div>
          </>
        ) : null}
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
          tabIndex={0}
          role="region"
          aria-label="What nmap says"
          className="flex h-56 flex-col-reverse overflow-auto rounded-md bg-sunken p-3 font-mono text-xs"
        >
          <code>
            {lastLines(model).map((line) => (
              <bdi key={line.seq} className="block min-h-4 break-words whitespace-pre-wrap">
                {line.text}
              </bdi>
            ))}
          </code>
        </pre>
      </div>
    </Card>
  );
}
