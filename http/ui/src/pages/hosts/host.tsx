// One host of one scan: all that nmap said of it, where it comes from, and what was before.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { FileText, History, RotateCw } from "lucide-react";
import { useEffect } from "react";
import { type Host, isMissing } from "@/api/client";
import { hostQuery, keys, scanQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { buttonClass, Notice, Time } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { Missing } from "@/components/missing";
import { PageHead } from "@/components/page";
import { ScanLink } from "@/components/scans";
import { Failed, LoadingRows } from "@/components/states";
import { isActive, VerdictBadge } from "@/components/verdicts";
import { duration } from "@/lib/format";
import { anId } from "@/lib/search-params";
import { visible } from "@/lib/text";
import { Fact, FactsCard, HostScripts, OsCard, TraceCard } from "./facts";
import { HistoryCard } from "./history";
import { PortsCard } from "./ports";

export default function HostPage() {
  const { hostId = "" } = useParams({ strict: false });
  const id = anId(hostId);
  return id === undefined ? <NoSuchHost name={hostId} /> : <HostById key={id} id={id} />;
}

function NoSuchHost({ name }: { name: string }) {
  return (
    <Missing what="host" name={name} list={{ label: "Search all hosts", to: "/search" }}>
      Its scan may have been deleted, or its number mistyped. The same machine has another number in
      each scan: the search finds it by its address.
    </Missing>
  );
}

function HostById({ id }: { id: number }) {
  const query = useQuery(hostQuery(id));
  useFollowing(query.data);
  if (query.data) return <HostView host={query.data} error={query.error} />;
  if (isMissing(query.error)) return <NoSuchHost name={String(id)} />;
  return (
    <>
      <PageHead title="Host" />
      {query.error ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <LoadingRows rows={10} />
      )}
    </>
  );
}

/** Asks again as its scan goes on, while that may still change the host. */
function useFollowing(host: Host | undefined): void {
  const client = useQueryClient();
  const scan = useQuery({ ...scanQuery(host?.scan_id ?? 0), enabled: host !== undefined }).data;
  const id = host?.id;
  const mayChange = host?.verdict !== "up";
  const done = scan && (isActive(scan.status) || mayChange) ? scan.progress.targets_done : null;
  useEffect(() => {
    if (id !== undefined && done !== null) {
      void client.invalidateQueries({ queryKey: keys.host(id) });
    }
  }, [client, id, done]);
}

const MEANS: Partial<Record<Host["verdict"], string>> = {
  timed_out:
    "nmap gave up on this host at its host timeout: what it had found by then is lost, save what it announced.",
  unfinished:
    "This host was not scanned to the end. What is listed is true, and more may be there.",
};

function HostView({ host, error }: { host: Host; error: unknown }) {
  const mayScan = useMay("operator");
  const means = MEANS[host.verdict];
  const name = host.hostname ? visible(host.hostname) : null;
  return (
    <>
      <PageHead
        title={<span className="num">{host.address}</span>}
        name={`${host.address} in scan ${host.scan_id}`}
        crumbs={[
          { label: "Scans", to: "/scans" },
          { label: `Scan ${host.scan_id}`, to: `/scans/${host.scan_id}` },
          { label: "Hosts", to: `/scans/${host.scan_id}/hosts` },
        ]}
        aside={
          <>
            {name ? (
              <bdi className="max-w-80 truncate text-muted" title={name}>
                {name}
              </bdi>
            ) : null}
            <span className="text-sm">
              <VerdictBadge verdict={host.verdict} />
            </span>
          </>
        }
        actions={
          <>
            <CopyButton text={host.address} label="Copy address" />
            <Link
              to="/batches/$batchId/raw/$stream"
              params={{ batchId: String(host.batch_id), stream: "xml" }}
              search={{ attempt: host.attempt } as never}
              className={buttonClass("plain", "sm")}
            >
              <FileText aria-hidden className="size-3.5" />
              Raw output
            </Link>
            {mayScan ? (
              <Link
                to="/scans/new"
                search={{ targets: host.address } as never}
                className={buttonClass("plain", "sm")}
              >
                <RotateCw aria-hidden className="size-3.5" />
                Scan again
              </Link>
            ) : null}
          </>
        }
      />
      <div className="flex flex-col gap-3">
        {error ? <Failed error={error} /> : null}
        {means ? <Notice tone="warn">{means}</Notice> : null}
        <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_22rem]">
          <div className="flex min-w-0 flex-col gap-3">
            <PortsCard host={host} />
            <HostScripts host={host} />
            <HistoryCard address={host.address} scanId={host.scan_id} />
          </div>
          <div className="grid min-w-0 items-start gap-3 md:grid-cols-2 xl:grid-cols-1">
            <FactsCard host={host}>
              <Origin host={host} />
            </FactsCard>
            <OsCard host={host} />
            <TraceCard host={host} />
          </div>
        </div>
      </div>
    </>
  );
}

/** Where this comes from: the scan, the batch, the nmap process. */
function Origin({ host }: { host: Host }) {
  const took =
    host.started_at && host.finished_at
      ? new Date(host.finished_at).getTime() - new Date(host.started_at).getTime()
      : null;
  return (
    <>
      <Fact label="Why">
        <span title="The reason that nmap gives for its verdict">
          {visible(host.reason) || "–"}
        </span>
      </Fact>
      <Fact label="Scan">
        <ScanLink id={host.scan_id} />
      </Fact>
      <Fact label="Batch">
        <Link
          to="/batches/$batchId"
          params={{ batchId: String(host.batch_id) }}
          className="num py-1.5 text-accent hover:underline"
        >
          {host.batch_id}, attempt {host.attempt}
        </Link>
      </Fact>
      <Fact label="Finished">
        <Time at={host.finished_at} as="date" />
        {took !== null ? <span className="text-muted">, took {duration(took)}</span> : null}
      </Fact>
      <Fact label="Address">
        <Link
          to="/addresses/$address"
          params={{ address: host.address }}
          className="inline-flex min-h-7 items-center gap-1 text-accent hover:underline"
        >
          <History aria-hidden className="size-3.5" />
          All scans of it
        </Link>
      </Fact>
    </>
  );
}
