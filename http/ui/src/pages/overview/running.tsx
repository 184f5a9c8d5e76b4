// What runs now, each scan with its verdicts, how long it may take, and what can be done with it.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Play, Square } from "lucide-react";
import { useState } from "react";
import { api, type Scan, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import { IconButton } from "@/components/basics";
import { sayFailure } from "@/components/overlays";
import { ScanDuration, ScanState } from "@/components/scans";
import { VerdictBar, VerdictLegend } from "@/components/verdicts";
import { count, countShort, duration, percent } from "@/lib/format";
import { scanTitle } from "@/lib/scans";

export function Running({ scan }: { scan: Scan }) {
  const { progress } = scan;
  return (
    <li className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <ScanState scan={scan} />
        <Link
          to="/scans/$scanId"
          params={{ scanId: String(scan.id) }}
          className="-my-1 max-w-full min-w-0 truncate py-1 text-sm font-medium hover:underline"
          title={scanTitle(scan)}
        >
          <bdi>{scanTitle(scan)}</bdi>
        </Link>
        <span className="min-w-0 truncate text-xs text-muted">
          #{scan.id} · <bdi>{scan.project_name}</bdi>
        </span>
        <span className="num ml-auto text-sm font-semibold">
          {percent(progress.targets_done, progress.targets_total)}
        </span>
        <Commands scan={scan} />
      </div>
      <VerdictBar verdicts={scan.verdicts} />
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-xs">
        <VerdictLegend verdicts={scan.verdicts} />
        <span className="num ml-auto text-muted">
          {count(progress.open_ports)} open ports · {count(progress.running_batches)} running ·{" "}
          <ScanDuration scan={scan} /> so far
        </span>
      </div>
      <p className="num text-xs text-muted">{left(scan)}</p>
    </li>
  );
}

/** How long it may still take; between the usual speed and that of a slow nine in ten. */
function left(scan: Scan): string {
  if (scan.waits_for) return `Waits for ${scan.waits_for}`;
  if (scan.status === "paused") return "Paused: nothing new starts until it goes on.";
  if (scan.status === "stopping") return "Stopping: what ran is being kept.";
  const { eta_ms: usual, eta_p90_ms: slow, targets_done, targets_total } = scan.progress;
  const rest = `${countShort(targets_total - targets_done)} targets left`;
  if (usual == null) return `${rest}; how long is not known before the first verdict`;
  if (slow == null || duration(slow) === duration(usual))
    return `${rest}, about ${duration(usual)}`;
  return `${rest}, about ${duration(usual)}; nine times in ten within ${duration(slow)}`;
}

const COMMANDS = {
  pause: "/api/scans/{id}/pause",
  resume: "/api/scans/{id}/resume",
  stop: "/api/scans/{id}/stop",
} as const;

function Commands({ scan }: { scan: Scan }) {
  const may = useMay("operator");
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  if (!may) return null;
  const send = async (command: keyof typeof COMMANDS) => {
    setBusy(true);
    try {
      await take(api.POST(COMMANDS[command], { params: { path: { id: scan.id } } }));
    } catch (error) {
      sayFailure(`Scan ${scan.id}: ${command} failed`, error);
    } finally {
      setBusy(false);
      void client.invalidateQueries({ queryKey: keys.scans });
    }
  };
  const button = (command: keyof typeof COMMANDS, label: string, sign: React.ReactNode) => (
    <IconButton
      label={`${label} scan ${scan.id}`}
      className="size-7"
      disabled={busy}
      onClick={() => void send(command)}
    >
      {sign}
    </IconButton>
  );
  return (
    <span className="flex">
      {scan.status === "running" || scan.status === "queued"
        ? button("pause", "Pause", <Pause aria-hidden className="size-4" />)
        : null}
      {scan.status === "paused"
        ? button("resume", "Resume", <Play aria-hidden className="size-4" />)
        : null}
      {scan.status !== "stopping"
        ? button("stop", "Stop", <Square aria-hidden className="size-4" />)
        : null}
    </span>
  );
}
