// What a quick scan found: its ports as a table, and what nmap wrote.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { useMemo, useState } from "react";
import { api, apiUrl, fetchApi, problemOf, type Scan, take, takePage } from "@/api/client";
import { keys } from "@/api/queries";
import { Badge, buttonClass, Card, CardHead, cx, Notice } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { ScanDuration, ScanState } from "@/components/scans";
import { Empty, Loaded } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { portTone, VerdictBadge, VerdictBar, VerdictLegend } from "@/components/verdicts";
import { bytes, counted } from "@/lib/format";
import { noPorts, type PortRow, portRows } from "./ports";

const HOSTS = 1_000;
/** Characters of output that are shown; the whole is one click away. */
const OUTPUT = 500_000;

function hostsQuery(id: number) {
  return {
    queryKey: [...keys.scan(id), "quick-hosts"] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      takePage(
        api.GET("/api/scans/{id}/hosts", {
          params: { path: { id }, query: { limit: HOSTS } },
          signal,
        }),
      ),
  };
}

/** What nmap wrote in the scan's one batch; null when it wrote nothing. */
function outputQuery(id: number) {
  return {
    queryKey: [...keys.scan(id), "quick-output"] as const,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const batches = await take(
        api.GET("/api/scans/{id}/batches", {
          params: { path: { id }, query: { limit: 1 } },
          signal,
        }),
      );
      const batch = batches[0];
      if (!batch) return null;
      const response = await fetchApi(apiUrl(`/api/batches/${batch.id}/raw/stdout`), { signal });
      if (response.status === 404) return null;
      if (!response.ok) throw problemOf(response, null);
      return { text: await response.text(), batch: batch.id };
    },
  };
}

const COLUMNS: Column<PortRow>[] = [
  {
    id: "host",
    header: "Host",
    meta: { grow: 2 },
    cell: ({ row: { original: row } }) =>
      row.isFirst ? (
        <span className="flex min-w-0 items-center gap-2">
          <Link
            to="/hosts/$hostId"
            params={{ hostId: String(row.host.id) }}
            className="font-mono hover:underline"
          >
            {row.host.address}
          </Link>
          <bdi className="truncate text-xs text-muted" title={row.host.hostname ?? undefined}>
            {row.host.hostname}
          </bdi>
        </span>
      ) : null,
  },
  {
    id: "port",
    header: "Port",
    meta: { width: 7, align: "right" },
    cell: ({ row: { original: row } }) =>
      row.port ? `${row.port.port_number}/${row.port.protocol}` : "",
  },
  {
    id: "state",
    header: "State",
    meta: { width: 9 },
    cell: ({ row: { original: row } }) =>
      row.port ? (
        <Badge tone={portTone(row.port.state)}>{row.port.state}</Badge>
      ) : (
        <VerdictBadge verdict={row.host.verdict} />
      ),
  },
  {
    id: "service",
    header: "Service",
    meta: { grow: 3 },
    cell: ({ row: { original: row } }) => {
      if (!row.port) return <span className="text-muted">{noPorts(row.host)}</span>;
      const { service_name, service_product, service_version } = row.port;
      const product = [service_product, service_version].filter(Boolean).join(" ");
      return (
        <span title={[service_name, product].filter(Boolean).join(": ")}>
          <bdi>{service_name}</bdi> <bdi className="text-muted">{product}</bdi>
        </span>
      );
    },
  },
];

export function Result({ scan }: { scan: Scan }) {
  const hosts = useQuery(hostsQuery(scan.id));
  const [tab, setTab] = useState<"ports" | "output">("ports");
  const rows = useMemo(() => portRows(hosts.data?.rows ?? []), [hosts.data]);
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <CardHead
          title="Result"
          hint={
            <span className="flex items-center gap-2">
              <ScanState scan={scan} />
              <span className="num">
                {counted(scan.progress.open_ports, "open port")} in <ScanDuration scan={scan} />
              </span>
            </span>
          }
          actions={
            <Link
              to="/scans/$scanId"
              params={{ scanId: String(scan.id) }}
              className={buttonClass("plain", "sm")}
            >
              <ExternalLink aria-hidden className="size-3.5" />
              Kept as scan {scan.id}
            </Link>
          }
        />
        <div className="flex flex-col gap-2 px-4 py-3">
          <VerdictBar verdicts={scan.verdicts} />
          <VerdictLegend verdicts={scan.verdicts} />
          {scan.error ? (
            <Notice tone="danger" title="Not all of it could be scanned">
              {scan.error}
            </Notice>
          ) : null}
          {[...scan.fallback, ...scan.warnings].map((line) => (
            <Notice key={line} tone="warn">
              {line}
            </Notice>
          ))}
        </div>
      </Card>
      <Card>
        <div role="tablist" aria-label="Ports or output" className="flex border-b border-line px-2">
          {(["ports", "output"] as const).map((key) => (
            <button
              key={key}
              type="button"
              role="tab"
              id={`tab-${key}`}
              aria-selected={tab === key}
              aria-controls="quick-panel"
              className={cx(
                "h-10 border-b-2 px-3 text-sm",
                tab === key
                  ? "border-accent font-medium"
                  : "border-transparent text-muted hover:text-text",
              )}
              onClick={() => setTab(key)}
            >
              {key === "ports" ? "Hosts and ports" : "nmap's output"}
            </button>
          ))}
        </div>
        <div role="tabpanel" id="quick-panel" aria-labelledby={`tab-${tab}`}>
          {tab === "ports" ? (
            <Loaded query={hosts}>
              {(page) => (
                <>
                  <DataTable
                    label="Hosts and ports"
                    columns={COLUMNS}
                    rows={rows}
                    rowId={(row) => row.key}
                    rowHeight={36}
                    minWidth={560}
                    className="max-h-[60dvh]"
                    empty={
                      <Empty title="No host answered">
                        Hosts that are down are counted above. With -Pn nmap takes all as up.
                      </Empty>
                    }
                  />
                  {page.next ? (
                    <p className="px-4 py-2 text-xs text-muted">
                      Only the first {counted(page.rows.length, "host")}: the scan's page has all.
                    </p>
                  ) : null}
                </>
              )}
            </Loaded>
          ) : (
            <Output id={scan.id} />
          )}
        </div>
      </Card>
    </div>
  );
}

function Output({ id }: { id: number }) {
  const query = useQuery(outputQuery(id));
  return (
    <Loaded query={query}>
      {(output) =>
        output === null || output.text === "" ? (
          <Empty title="nmap wrote nothing">It ended before it said anything.</Empty>
        ) : (
          <div className="flex flex-col gap-2 p-4">
            <div className="flex items-center gap-2 text-xs text-muted">
              {bytes(output.text.length)}
              {output.text.length > OUTPUT ? `, the first ${bytes(OUTPUT)} are shown` : ""}
              <a
                href={apiUrl(`/api/batches/${output.batch}/raw/stdout`)}
                className="ml-auto min-h-7 underline"
                download
              >
                Download
              </a>
              <CopyButton text={output.text} />
            </div>
            <pre
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
              tabIndex={0}
              role="region"
              aria-label="nmap's output"
              className="max-h-[60dvh] overflow-auto rounded-md bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap"
            >
              <bdi>{output.text.slice(0, OUTPUT)}</bdi>
            </pre>
          </div>
        )
      }
    </Loaded>
  );
}
