// The hosts of a scan: what was found, to be narrowed down, sorted, copied and taken along.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowDownToLine, RefreshCw } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { apiUrl, type Scan } from "@/api/client";
import { facetsQuery, scanHostsQuery } from "@/api/hosts";
import { scanQuery } from "@/api/queries";
import { Button, Card, cx, Select } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { FacetPanel } from "@/components/facets";
import { FilterChips, HostFilters, hostChips, NO_FILTER } from "@/components/filters";
import { HostTable } from "@/components/host-table";
import { Menu } from "@/components/overlays";
import { Empty, Failed } from "@/components/states";
import { isActive, VERDICTS } from "@/components/verdicts";
import { count, counted } from "@/lib/format";
import { conditions, facetsOf, HOST_PARAMS, type HostFilter, listedHosts } from "@/lib/hosts";
import { oneOf, useParamsOf, type ValuesOf } from "@/lib/search-params";
import { UnlistedTargets } from "./unlisted";

const LISTED = ["up", "timed_out", "unfinished"] as const;
const UNLISTED = ["down", "excluded", "unresolved"] as const;
const PARAMS = { ...HOST_PARAMS, verdict: oneOf([...LISTED, ...UNLISTED]) };
type Values = ValuesOf<typeof PARAMS>;

function filterOf({ sort: _, verdict, ...rest }: Values): HostFilter {
  return { ...rest, verdict: LISTED.find((one) => one === verdict) };
}

export function HostsTab({ scanId }: { scanId: number }) {
  const [values, set] = useParamsOf(PARAMS);
  const filter = useMemo(() => filterOf(values), [values]);
  const { data: scan } = useQuery(scanQuery(scanId));
  const unlisted = UNLISTED.find((one) => one === values.verdict);
  const onFilter = useCallback((change: HostFilter) => set(change), [set]);
  return (
    <div className="flex flex-col gap-3">
      <HostFilters
        filter={filter}
        onFilter={onFilter}
        placeholder="Words in names, services, products, versions, or how an address begins"
      >
        <Select
          aria-label="Verdict"
          value={values.verdict ?? ""}
          onChange={(event) => set({ verdict: PARAMS.verdict(event.target.value) })}
        >
          <option value="">Any verdict</option>
          {VERDICTS.map((look) => (
            <option key={look.key} value={look.key}>
              {look.label}
              {scan ? ` (${count(scan.verdicts[look.key])})` : ""}
            </option>
          ))}
        </Select>
      </HostFilters>
      <FilterChips
        chips={hostChips(filter, onFilter)}
        onClear={() => set({ ...NO_FILTER, verdict: undefined })}
      />
      {unlisted ? (
        <UnlistedTargets scanId={scanId} verdict={unlisted} />
      ) : (
        <Listed
          scanId={scanId}
          scan={scan}
          filter={filter}
          sort={values.sort}
          set={set}
          onFilter={onFilter}
        />
      )}
    </div>
  );
}

function Listed({
  scanId,
  scan,
  filter,
  sort,
  set,
  onFilter,
}: {
  scanId: number;
  scan: Scan | undefined;
  filter: HostFilter;
  sort: string | undefined;
  set: (change: Partial<Values>) => void;
  onFilter: (change: HostFilter) => void;
}) {
  const query = useInfiniteQuery({
    ...scanHostsQuery(scanId, filter),
    placeholderData: keepPreviousData,
  });
  const counts = useQuery({ ...facetsQuery(scanId, filter), placeholderData: keepPreviousData });
  const hosts = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const facets = useMemo(
    () => counts.data ?? facetsOf(hosts, !query.hasNextPage, filter.state),
    [counts.data, hosts, query.hasNextPage, filter.state],
  );
  const fresh = useNewHosts(scan, query, hosts.length, conditions(filter) > 0);
  const show = () => {
    void query.refetch();
    void counts.refetch();
  };
  useFirstHosts(hosts.length === 0 && fresh > 0 && !query.isFetching, show);
  if (!query.data && query.error)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  const addresses = hosts.map((host) => host.address).join("\n");
  return (
    <div className="grid gap-3 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <FacetPanel
        facets={facets}
        source={counts.data ? "server" : "page"}
        filter={filter}
        onFilter={onFilter}
      />
      <Card aria-label="Hosts" className="min-w-0 overflow-hidden">
        <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
          <p className="num text-sm font-semibold">{total(facets.hosts, facets.complete)}</p>
          {fresh > 0 ? (
            <Button size="sm" disabled={query.isFetching} onClick={show}>
              <RefreshCw
                aria-hidden
                className={cx("size-3.5", query.isFetching && "motion-safe:animate-spin")}
              />
              {count(fresh)} new, show
            </Button>
          ) : null}
          <div className="ml-auto flex items-center gap-2">
            {hosts.length > 0 ? (
              <CopyButton
                text={addresses}
                label={`Copy ${counted(hosts.length, "address", "addresses")}`}
              />
            ) : null}
            <ExportMenu scanId={scanId} />
          </div>
        </div>
        <HostTable
          label="Hosts of this scan"
          order="in the order found"
          hosts={hosts}
          query={query}
          sort={sort}
          onSort={(next) => set({ sort: next })}
          empty={
            <NoHosts scan={scan} filtered={conditions(filter) > 0} clear={() => set(NO_FILTER)} />
          }
        />
      </Card>
    </div>
  );
}

function total(hosts: number, complete: boolean): string {
  return complete ? counted(hosts, "host") : `${count(hosts)} hosts or more`;
}

interface Loaded {
  dataUpdatedAt: number;
  hasNextPage: boolean;
}

/**
 * How many hosts came since the list was read. While there are pages left, new hosts are on those:
 * they come in the order in which they are found.
 */
function useNewHosts(
  scan: Scan | undefined,
  query: Loaded,
  rows: number,
  isFiltered: boolean,
): number {
  const listed = scan ? listedHosts(scan.verdicts) : 0;
  const base = useRef({ at: 0, listed: 0 });
  if (scan && base.current.at !== query.dataUpdatedAt) {
    base.current = { at: query.dataUpdatedAt, listed: isFiltered ? listed : rows };
  }
  if (query.hasNextPage || query.dataUpdatedAt === 0) return 0;
  return Math.max(0, listed - base.current.listed);
}

/** An empty list fills by itself, a moment after there is something: there is nothing to jump. */
function useFirstHosts(due: boolean, show: () => void): void {
  const act = useRef(show);
  act.current = show;
  useEffect(() => {
    if (!due) return;
    const timer = setTimeout(() => act.current(), 1_000);
    return () => clearTimeout(timer);
  }, [due]);
}

function NoHosts({
  scan,
  filtered,
  clear,
}: {
  scan: Scan | undefined;
  filtered: boolean;
  clear: () => void;
}) {
  if (filtered)
    return (
      <Empty title="No host matches" action={<Button onClick={clear}>Clear all filters</Button>}>
        A host matches when it has all that is set; conditions on ports must hold for one and the
        same port.
      </Empty>
    );
  if (!scan || isActive(scan.status))
    return (
      <Empty title="No hosts yet">
        They come here as soon as nmap is done with the first ones.
      </Empty>
    );
  return (
    <Empty title="No host was found up">
      Choose another verdict above to see which targets were down, excluded or without an address.
    </Empty>
  );
}

const FORMATS = [
  ["csv", "CSV, a row for each port"],
  ["jsonl", "JSON lines"],
  ["json", "JSON"],
  ["xml", "nmap's XML"],
  ["md", "Markdown"],
  ["html", "HTML report"],
] as const;

function ExportMenu({ scanId }: { scanId: number }) {
  return (
    <Menu
      trigger={
        <Button size="sm" title="The whole scan, whatever is filtered here">
          <ArrowDownToLine aria-hidden className="size-3.5" />
          Export scan
        </Button>
      }
      items={FORMATS.map(([format, label]) => ({
        label,
        href: apiUrl(`/api/scans/${scanId}/export`, { format }),
      }))}
    />
  );
}
