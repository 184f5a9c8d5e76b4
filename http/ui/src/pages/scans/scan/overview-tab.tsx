// A scan at a glance: where the targets stand, what was just found, how fast it goes, what was asked.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Scan } from "@/api/client";
import { Card, CardHead, Time } from "@/components/basics";
import { count, counted, shell } from "@/lib/format";
import { visible } from "@/lib/text";
import type { LiveScan } from "@/live/scan";
import { Findings } from "./findings";
import { MapView } from "./map-view";
import { RatesChart } from "./rates-chart";
import { isEnded, someOf } from "./view";

export function OverviewTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(22rem,2fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <MapView scan={scan} live={live} compact />
        {isEnded(scan.status) && live.samples.length < 3 ? null : <RatesChart live={live} />}
        <Asked scan={scan} />
      </div>
      <Findings scan={scan} live={live} />
    </div>
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
  const { tuning } = scan;
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
        <Fact name="Batches">
          {count(scan.chunk_size)} addresses each{tuning.chunk_size ? " (tuned)" : ""},{" "}
          {count(scan.concurrency)} at once{tuning.concurrency ? " (tuned)" : ""}
        </Fact>
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
