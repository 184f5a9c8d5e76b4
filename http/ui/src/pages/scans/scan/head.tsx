// The head of a scan's page: what it is, where it stands, how long it takes, what can be done.
import { Link } from "@tanstack/react-router";
import { Keyboard } from "lucide-react";
import type { ReactNode } from "react";
import type { Scan } from "@/api/client";
import { cx, IconButton, Stat, useNow } from "@/components/basics";
import { PageHead } from "@/components/page";
import { Failed } from "@/components/states";
import { StatusBadge, VerdictBar, VerdictLegend } from "@/components/verdicts";
import { count, counted, duration, percent } from "@/lib/format";
import { visible } from "@/lib/text";
import type { LiveScan } from "@/live/scan";
import { Actions } from "./actions";
import { LinkSign, StaleNotice } from "./link-sign";
import { ScanNotices } from "./notices";
import { elapsed, etaBand, isEnded } from "./view";

export function ScanHead({
  scan,
  live,
  error,
  brief,
  onHelp,
  children,
}: {
  scan: Scan;
  live: LiveScan;
  /** Leaves room for a tab that needs it. */
  brief: boolean;
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
      <ScanNotices scan={scan} brief={brief} />
      <Standing scan={scan} brief={brief} />
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

function Standing({ scan, brief }: { scan: Scan; brief: boolean }) {
  return (
    <section aria-label="Where it stands" className="rounded-lg border border-line bg-surface">
      <div className="flex flex-col gap-2 px-4 pt-3 pb-3">
        <ProgressLine scan={scan} brief={brief} />
        <VerdictBar verdicts={scan.verdicts} />
        <VerdictLegend verdicts={scan.verdicts} />
      </div>
      {brief ? null : <Figures scan={scan} />}
    </section>
  );
}

function Figures({ scan }: { scan: Scan }) {
  const { progress } = scan;
  const batches = scan.batches_by_state;
  const inAll = Object.values(batches).reduce((sum, one) => sum + one, 0);
  const told = ["queued", "running", "retrying", "completed", "split", "stopped", "failed"]
    .filter((state) => (batches[state] ?? 0) > 0)
    .map((state) => `${count(batches[state] ?? 0)} ${state}`)
    .join(" · ");
  return (
    <dl className="grid grid-cols-2 divide-line border-t border-line max-sm:divide-y sm:grid-cols-4 sm:divide-x">
      <Stat
        label="Hosts up"
        value={count(progress.hosts_up)}
        hint={`of ${counted(progress.targets_total, "target")}`}
        tone={progress.hosts_up > 0 ? "good" : undefined}
      />
      <Stat label="Open ports" value={count(progress.open_ports)} hint="on hosts up" />
      <Stat
        label="Running batches"
        value={count(progress.running_batches)}
        hint={`at most ${scan.concurrency} at once${scan.tuning.concurrency ? ", tuned" : ""}`}
      />
      <Stat
        label="Batches"
        value={count(inAll)}
        hint={<span title={told}>{told || "none yet"}</span>}
        tone={(batches.failed ?? 0) > 0 ? "danger" : undefined}
      />
    </dl>
  );
}

function ProgressLine({ scan, brief }: { scan: Scan; brief: boolean }) {
  const { progress } = scan;
  const said = percent(progress.targets_done, progress.targets_total);
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
        <span className={cx("num font-semibold tracking-tight", brief ? "text-lg" : "text-2xl")}>
          {said}
        </span>
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
        className={cx("h-1.5 overflow-hidden rounded-full bg-sunken", brief && "sr-only")}
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
  const ms = elapsed(scan, now);
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
