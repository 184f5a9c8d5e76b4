// The head of a scan's page: what it is, where it stands, how long it takes, what can be done.
import { Link } from "@tanstack/react-router";
import { Keyboard } from "lucide-react";
import type { ReactNode } from "react";
import type { Scan } from "@/api/client";
import { IconButton, useNow } from "@/components/basics";
import { PageHead } from "@/components/page";
import { Failed } from "@/components/states";
import { StatusBadge, VerdictBar, VerdictLegend } from "@/components/verdicts";
import { count, counted, duration, percent } from "@/lib/format";
import { ranFor } from "@/lib/scans";
import { visible } from "@/lib/text";
import type { LiveScan } from "@/live/scan";
import { Actions } from "./actions";
import { LinkSign, StaleNotice } from "./link-sign";
import { ScanNotices } from "./notices";
import { etaBand, isEnded } from "./view";

export function ScanHead({
  scan,
  live,
  error,
  onHelp,
  children,
}: {
  scan: Scan;
  live: LiveScan;
  /** Why the newest answer about the scan did not come, if so. */
  error: unknown;
  onHelp: () => void;
  children: ReactNode;
}) {
  const name = scan.name ? visible(scan.name) : null;
  return (
    <PageHead
      title={
        <>
          <span className="num text-muted">#{scan.id}</span> {name ?? `Scan ${scan.id}`}
        </>
      }
      name={`${sign(scan)} Scan ${scan.id}${name ? `: ${name}` : ""}`}
      crumbs={[
        { label: "Projects", to: "/projects" },
        { label: visible(scan.project_name), to: `/projects/${scan.project_id}` },
      ]}
      aside={
        <span className="flex items-center gap-2">
          <StatusBadge status={scan.status} />
          {isEnded(scan.status) ? null : <LinkSign live={live} />}
        </span>
      }
      actions={
        <>
          <Actions scan={scan} />
          <IconButton label="Keys" onClick={onHelp} className="max-sm:hidden">
            <Keyboard aria-hidden className="size-4" />
          </IconButton>
        </>
      }
    >
      {scan.parent_scan_id ? (
        <p className="text-xs text-muted">
          Scans again what{" "}
          <Link
            to="/scans/$scanId"
            params={{ scanId: String(scan.parent_scan_id) }}
            className="text-accent underline"
          >
            scan {scan.parent_scan_id}
          </Link>{" "}
          left.
        </p>
      ) : null}
      <StaleNotice live={live} />
      {error ? <Failed error={error} /> : null}
      <ScanNotices scan={scan} />
      <Standing scan={scan} />
      {children}
    </PageHead>
  );
}

/** In the browser's tab: how far it is, without looking. */
function sign(scan: Scan): string {
  if (scan.status === "running") return `${Math.floor(scan.progress.percent)} %`;
  if (scan.status === "failed") return "✗";
  return scan.status === "completed" ? "✓" : "";
}

/** The same on every tab, so that the tabs stay where they are. */
function Standing({ scan }: { scan: Scan }) {
  return (
    <section
      aria-label="Where it stands"
      className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-4 py-3"
    >
      <ProgressLine scan={scan} />
      <VerdictBar verdicts={scan.verdicts} />
      <VerdictLegend verdicts={scan.verdicts} />
    </section>
  );
}

function ProgressLine({ scan }: { scan: Scan }) {
  const { progress } = scan;
  const said = percent(progress.targets_done, progress.targets_total);
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
        <span className="num text-lg font-semibold tracking-tight">{said}</span>
        <span className="num text-muted">
          {count(progress.targets_done)} of {counted(progress.targets_total, "target")} done
        </span>
        <span className="ml-auto flex gap-4 text-muted">
          <Eta scan={scan} />
          <Elapsed scan={scan} />
        </span>
      </div>
      <div
        role="progressbar"
        aria-label="Targets with a verdict"
        aria-valuemin={0}
        aria-valuemax={progress.targets_total}
        aria-valuenow={progress.targets_done}
        aria-valuetext={said}
        className="h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-500"
          style={{ width: `${progress.percent}%` }}
        />
      </div>
    </>
  );
}

function Eta({ scan }: { scan: Scan }) {
  if (isEnded(scan.status) || scan.status === "paused" || scan.status === "stopping") return null;
  const band = etaBand(scan.progress.eta_ms, scan.progress.eta_p90_ms);
  return (
    <span title="At the speed so far; nine in ten such scans end before the later time">
      {band ? (
        <>
          <span className="num text-text">{band}</span> left
        </>
      ) : (
        "no estimate before the first verdicts"
      )}
    </span>
  );
}

function Elapsed({ scan }: { scan: Scan }) {
  const now = useNow(1_000);
  const ms = ranFor(scan, now);
  if (ms === null) return <span>not started</span>;
  // A running clock has no tenths: they would only flicker.
  const shown = isEnded(scan.status) ? ms : Math.max(1_000, Math.floor(ms / 1_000) * 1_000);
  return (
    <span>
      {isEnded(scan.status) ? "took" : "elapsed"}{" "}
      <span className="num text-text">{duration(shown)}</span>
    </span>
  );
}
