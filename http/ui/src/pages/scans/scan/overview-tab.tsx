// A scan at a glance: where the targets stand, what was just found, how fast it goes, what was asked.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Scan } from "@/api/client";
import { Card, CardHead, Notice, Stat, Time } from "@/components/basics";
import { count, counted, shell } from "@/lib/format";
import { visible } from "@/lib/text";
import type { LiveScan } from "@/live/scan";
import { Findings } from "./findings";
import { MapView } from "./map-view";
import { RatesChart } from "./rates-chart";
import { atOnceText, batchesText, isEnded, someOf } from "./view";

export function OverviewTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  return (
    <div className="flex flex-col gap-4">
      {scan.warnings.length > 0 ? (
        <Notice tone="info" title="Said when it was accepted">
          <ul>
            {scan.warnings.map((one) => (
              <li key={one}>{visible(one)}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
      <Figures scan={scan} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(22rem,2fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <MapView scan={scan} live={live} compact />
          {isEnded(scan.status) && live.samples.length < 3 ? null : <RatesChart live={live} />}
          <Asked scan={scan} />
        </div>
        <Findings scan={scan} live={live} />
      </div>
    </div>
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
    <Card aria-label="Figures">
      <dl className="grid grid-cols-2 divide-line max-sm:divide-y sm:grid-cols-4 sm:divide-x">
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
          hint={atOnceText(scan)}
        />
        <Stat
          label="Batches"
          value={count(inAll)}
          hint={<span title={told}>{told || "none yet"}</span>}
          tone={(batches.failed ?? 0) > 0 ? "danger" : undefined}
        />
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function Asked({ scan }: { scan: Scan }) {
  return (
    <Card>
      <CardHead title="What was asked for" />
      <dl className="grid grid-cols-1 gap-x-4 gap-y-2 px-4 py-3 text-sm sm:grid-cols-[8rem_minmax(0,1fr)]">
        <Fact name="Targets">
          <span className="font-mono text-xs">{visible(someOf(scan.targets, 12))}</span>{" "}
          <Link
            to="/scans/$scanId/$tab"
            params={{ scanId: String(scan.id), tab: "targets" }}
            className="text-accent underline"
          >
            all {counted(scan.total_targets, "target")}
          </Link>
        </Fact>
        {scan.exclude.length > 0 ? (
          <Fact name="Without">
            <span className="font-mono text-xs">{visible(someOf(scan.exclude, 12))}</span>
          </Fact>
        ) : null}
        <Fact name="Flags">
          <code className="font-mono text-xs">{visible(shell(scan.nmap_flags)) || "none"}</code>
        </Fact>
        <Fact name="nmap's command">
          <code className="font-mono text-xs break-all">{visible(shell(scan.argv))}</code>
        </Fact>
        <Fact name="Batches">{batchesText(scan)}</Fact>
        <Fact name="Accepted">
          <Time at={scan.created_at} as="date" />
        </Fact>
        <Fact name="Started">
          <Time at={scan.started_at} as="date" />
        </Fact>
        <Fact name="Ended">
          <Time at={scan.finished_at} as="date" />
        </Fact>
      </dl>
    </Card>
  );
}
