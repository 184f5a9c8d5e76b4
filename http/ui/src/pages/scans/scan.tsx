// One scan: what it does now, and all that it found. Each tab is a page with a URL of its own.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { isMissing, type Scan } from "@/api/client";
import { scanQuery } from "@/api/queries";
import { Missing } from "@/components/missing";
import { PageHead, TabLinks, tabClass } from "@/components/page";
import { Failed, LoadingRows } from "@/components/states";
import { count } from "@/lib/format";
import { anId } from "@/lib/search-params";
import { useLiveScan } from "@/live/held";
import { type LiveScan, useParts } from "@/live/scan";
import { ScanHead } from "./scan/head";
import { OverviewTab } from "./scan/overview-tab";
import { parseTab, TABS, type Tab } from "./scan/search";
import { ShortcutsDialog, useTabKeys } from "./scan/shortcuts";
import { merged } from "./scan/view";

const MapTab = lazy(() => import("./scan/map-tab").then((m) => ({ default: m.MapTab })));
const BatchesTab = lazy(() =>
  import("./scan/batches-tab").then((m) => ({ default: m.BatchesTab })),
);
const LogTab = lazy(() => import("./scan/log-tab").then((m) => ({ default: m.LogTab })));
const HostsTab = lazy(() => import("./scan/hosts-tab").then((m) => ({ default: m.HostsTab })));
const EventsTab = lazy(() => import("./scan/events-tab").then((m) => ({ default: m.EventsTab })));
const TargetsTab = lazy(() =>
  import("./scan/targets-tab").then((m) => ({ default: m.TargetsTab })),
);

export default function ScanPage() {
  const { scanId = "", tab } = useParams({ strict: false });
  const id = anId(scanId);
  if (id === undefined) return <NoSuchScan name={scanId} />;
  return <ScanById key={id} id={id} tab={parseTab(tab)} />;
}

function NoSuchScan({ name }: { name: string }) {
  return (
    <Missing what="scan" name={name} list={{ label: "All scans", to: "/scans" }}>
      It may have been deleted, or its number mistyped.
    </Missing>
  );
}

function ScanById({ id, tab }: { id: number; tab: Tab }) {
  const query = useQuery(scanQuery(id));
  const live = useLiveScan(id);
  if (query.data) {
    return live ? (
      <Followed scan={query.data} live={live} tab={tab} error={query.error} />
    ) : (
      <LoadingRows />
    );
  }
  if (query.error) {
    if (isMissing(query.error)) return <NoSuchScan name={String(id)} />;
    return (
      <>
        <PageHead title={`Scan ${id}`} crumbs={[{ label: "Scans", to: "/scans" }]} />
        <Failed error={query.error} retry={() => void query.refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHead title={`Scan ${id}`} crumbs={[{ label: "Scans", to: "/scans" }]} />
      <LoadingRows />
    </>
  );
}

function Followed({
  scan: known,
  live,
  tab,
  error,
}: {
  scan: Scan;
  live: LiveScan;
  tab: Tab;
  error: unknown;
}) {
  const model = useParts(live, "scan", "link");
  const scan = merged(known, model);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  useTabKeys(
    (index) => {
      const to = TABS[index];
      if (to)
        void navigate({ to: "/scans/$scanId/$tab", params: { scanId: String(scan.id), tab: to } });
    },
    () => setHelp(true),
  );
  return (
    <>
      <ScanHead scan={scan} live={live} error={error} onHelp={() => setHelp(true)}>
        <Tabs scan={scan} tab={tab} />
      </ScanHead>
      <Suspense fallback={<LoadingRows />}>
        <TabBody scan={scan} live={live} tab={tab} />
      </Suspense>
      <ShortcutsDialog open={help} onOpenChange={setHelp} />
    </>
  );
}

const LABELS: Record<Tab, string> = {
  overview: "Overview",
  map: "Map",
  batches: "Batches",
  log: "Log",
  hosts: "Hosts",
  events: "Events",
  targets: "Targets",
};

function Tabs({ scan, tab }: { scan: Scan; tab: Tab }) {
  const batches = Object.values(scan.batches_by_state).reduce((sum, one) => sum + one, 0);
  const counts: Partial<Record<Tab, number>> = { batches, hosts: scan.progress.hosts_up };
  return (
    <TabLinks label="Parts of this scan">
      {TABS.map((one) => (
        <Link
          key={one}
          to="/scans/$scanId/$tab"
          params={{ scanId: String(scan.id), tab: one }}
          className={tabClass}
          aria-current={one === tab ? "page" : undefined}
          resetScroll={false}
        >
          {LABELS[one]}
          {counts[one] ? (
            <span className="num rounded bg-sunken px-1.5 text-xs text-muted">
              {count(counts[one])}
            </span>
          ) : null}
        </Link>
      ))}
    </TabLinks>
  );
}

function TabBody({ scan, live, tab }: { scan: Scan; live: LiveScan; tab: Tab }) {
  switch (tab) {
    case "overview":
      return <OverviewTab scan={scan} live={live} />;
    case "map":
      return <MapTab scan={scan} live={live} />;
    case "batches":
      return <BatchesTab scan={scan} live={live} />;
    case "log":
      return <LogTab scan={scan} live={live} />;
    case "hosts":
      return <HostsTab scanId={scan.id} />;
    case "events":
      return <EventsTab scan={scan} live={live} />;
    case "targets":
      return <TargetsTab scan={scan} live={live} />;
  }
}
