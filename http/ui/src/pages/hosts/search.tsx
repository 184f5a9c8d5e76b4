// Hosts of all scans: by words, ports, services, products, addresses, projects.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { type Host, isMissing } from "@/api/client";
import { searchQuery } from "@/api/hosts";
import { projectsQuery } from "@/api/queries";
import { Button, Card, Select } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { FilterChips, HostFilters, hostChips, NO_FILTER } from "@/components/filters";
import { HostTable } from "@/components/host-table";
import { PageHead } from "@/components/page";
import { ScanLink } from "@/components/scans";
import { Empty, Failed } from "@/components/states";
import type { Column } from "@/components/table";
import { verdictLook } from "@/components/verdicts";
import { isAddress } from "@/lib/address";
import { count, counted } from "@/lib/format";
import { HOST_PARAMS, type HostFilter, orderFound } from "@/lib/hosts";
import { keepSearches, recentSearches, withRecent } from "@/lib/recent";
import { anId, oneOf, useParamsOf, type ValuesOf } from "@/lib/search-params";
import { visible } from "@/lib/text";
import { useSearchOn } from "./search-on";

const VERDICTS = ["up", "timed_out", "unfinished"] as const;
const PARAMS = { ...HOST_PARAMS, verdict: oneOf(VERDICTS), project: anId };
type Values = ValuesOf<typeof PARAMS>;

/** Milliseconds that a search stands before it counts as one to remember. */
const SETTLED_MS = 1_500;

const SCAN: Column<Host>[] = [
  {
    id: "scan",
    header: "Scan and project",
    accessorFn: (host: Host) => host.scan_id,
    cell: ({ row }) => <ScanLink id={row.original.scan_id} withProject />,
    enableSorting: false,
    meta: { grow: 1.6 },
  },
];

export default function SearchPage() {
  const [values, set] = useParamsOf(PARAMS);
  const { sort, project, ...filter } = values;
  const onFilter = useCallback((change: HostFilter) => set(change as Partial<Values>), [set]);
  const { data: projects = [] } = useQuery(projectsQuery);
  const clear = () => set({ ...NO_FILTER, project: undefined } as Partial<Values>);
  const chips = hostChips(filter, onFilter);
  if (project !== undefined) {
    const name = projects.find((one) => one.id === project)?.name ?? String(project);
    chips.push({ label: `Project: ${name}`, onRemove: () => set({ project: undefined }) });
  }
  return (
    <>
      <PageHead title="Search" />
      <div className="flex flex-col gap-3">
        <HostFilters
          filter={filter}
          onFilter={onFilter}
          placeholder="nginx 1.24, ssh, a name, or how an address begins: 10.0."
        >
          <Select
            aria-label="Project"
            className="max-w-48"
            value={project ?? ""}
            onChange={(event) => set({ project: anId(event.target.value) })}
          >
            <option value="">All projects</option>
            {projects.map((one) => (
              <option key={one.id} value={one.id}>
                {visible(one.name)}
              </option>
            ))}
          </Select>
          <Select
            aria-label="Verdict"
            value={filter.verdict ?? ""}
            onChange={(event) => set({ verdict: PARAMS.verdict(event.target.value) })}
          >
            <option value="">Any verdict</option>
            {VERDICTS.map((verdict) => (
              <option key={verdict} value={verdict}>
                {verdictLook(verdict).label}
              </option>
            ))}
          </Select>
        </HostFilters>
        <FilterChips chips={chips} onClear={clear} />
        <Recent values={values} set={set} />
        <Results
          filter={filter}
          project={project}
          sort={sort}
          set={set}
          isBare={chips.length === 0}
          clear={clear}
        />
      </div>
    </>
  );
}

function Results({
  filter,
  project,
  sort,
  set,
  isBare,
  clear,
}: {
  filter: HostFilter;
  project: number | undefined;
  sort: string | undefined;
  set: (change: Partial<Values>) => void;
  isBare: boolean;
  clear: () => void;
}) {
  const query = useInfiniteQuery({
    ...searchQuery({ ...filter, project_id: project }),
    placeholderData: keepPreviousData,
  });
  const hosts = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const order = useMemo(() => orderFound(hosts), [hosts]);
  const on = useSearchOn(query, hosts.length);
  if (isMissing(query.error))
    return (
      <Empty
        title={`There is no project ${project}`}
        action={<Button onClick={() => set({ project: undefined })}>Search all projects</Button>}
      >
        It may have been deleted, or your token does not see it.
      </Empty>
    );
  if (query.error && !query.data)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <Card aria-label="Results" className="min-w-0 overflow-hidden">
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <p role="status" className="num text-sm font-semibold">
          {query.isPending
            ? "Searching"
            : query.hasNextPage
              ? `${count(hosts.length)} hosts so far`
              : counted(hosts.length, "host")}
        </p>
        <p className="text-xs text-muted">
          {isBare ? "Everything found, newest scan first." : "One row for each scan that found it."}
        </p>
        {hosts.length > 0 ? (
          <div className="ml-auto">
            <CopyButton
              text={[...new Set(hosts.map((host) => host.address))].join("\n")}
              label="Copy addresses"
            />
          </div>
        ) : null}
      </div>
      <HostTable
        label="Hosts found"
        order={order}
        hosts={hosts}
        query={query}
        sort={sort}
        onSort={(next) => set({ sort: next })}
        more={SCAN}
        empty={
          query.hasNextPage ? (
            <StillLooking on={on} />
          ) : (
            <Nothing filter={filter} isBare={isBare} clear={clear} />
          )
        }
      />
    </Card>
  );
}

/** The server reads a bounded part at a time: nothing found in that part is not yet nothing at all. */
function StillLooking({ on }: { on: ReturnType<typeof useSearchOn> }) {
  return (
    <Empty
      title={on.busy ? "Nothing yet, still looking" : "Nothing found so far"}
      action={
        on.busy ? (
          <Button onClick={on.stop}>Stop</Button>
        ) : (
          <Button variant="primary" onClick={on.start}>
            Look on
          </Button>
        )
      }
    >
      The server has looked at a part of all hosts ({counted(on.parts, "part")} so far), and there
      are more.
    </Empty>
  );
}

function Nothing({
  filter,
  isBare,
  clear,
}: {
  filter: HostFilter;
  isBare: boolean;
  clear: () => void;
}) {
  if (isBare)
    return (
      <Empty
        title="No scan has found a host yet"
        action={
          <Link to="/scans/new" className="text-accent underline">
            Start a scan
          </Link>
        }
      />
    );
  const address = [filter.q, filter.address].find((text) => text && isAddress(text));
  return (
    <Empty title="No host matches" action={<Button onClick={clear}>Clear all filters</Button>}>
      <ul className="list-outside list-disc pl-5 text-left">
        {address ? (
          <li>
            It may have been down in all scans:{" "}
            <Link to="/addresses/$address" params={{ address }} className="text-accent underline">
              the history of {address}
            </Link>{" "}
            has those too.
          </li>
        ) : null}
        <li>All words must be found at one host: leave some out.</li>
        <li>
          Words are looked for in names, services, products and versions, not in script output.
        </li>
        <li>Port, protocol, state, service and product must hold for one and the same port.</li>
        <li>Of an address give the beginning up to a dot, as 10.0., or the whole of it.</li>
      </ul>
    </Empty>
  );
}

const NAMES: (keyof Values)[] = [
  "q",
  "address",
  "verdict",
  "port",
  "protocol",
  "state",
  "service",
  "product",
  "project",
];

function written(values: Values): string {
  const search = new URLSearchParams();
  for (const name of NAMES) if (values[name] !== undefined) search.set(name, String(values[name]));
  return search.toString();
}

function said(search: string): string {
  return [...new URLSearchParams(search)]
    .map(([name, value]) => (name === "q" ? value : `${name} ${value}`))
    .join(", ");
}

/** Searches of before, in this browser. One is kept once it has stood for a moment. */
function Recent({ values, set }: { values: Values; set: (change: Partial<Values>) => void }) {
  const [list, setList] = useState(recentSearches);
  const now = written(values);
  useEffect(() => {
    if (now === "") return;
    const timer = setTimeout(
      () =>
        setList((before) => {
          const next = withRecent(before, now);
          keepSearches(next);
          return next;
        }),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [now]);
  const others = list.filter((one) => one !== now);
  if (others.length === 0) return null;
  const go = (search: string) => {
    const found = Object.fromEntries(new URLSearchParams(search));
    const read = Object.fromEntries(NAMES.map((name) => [name, PARAMS[name](found[name] ?? "")]));
    set(read as Partial<Values>);
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
      <History aria-hidden className="size-3.5" />
      <span>Recent</span>
      {others.map((one) => (
        <Button key={one} size="sm" variant="quiet" className="max-w-56" onClick={() => go(one)}>
          <span className="truncate">{visible(said(one))}</span>
        </Button>
      ))}
      <Button
        size="sm"
        variant="quiet"
        onClick={() => {
          keepSearches([]);
          setList([]);
        }}
      >
        Forget them
      </Button>
    </div>
  );
}
