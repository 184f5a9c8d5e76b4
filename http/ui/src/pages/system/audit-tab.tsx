// Who did what, and what was refused: newest first, filtered by what the URL says.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { callerQuery } from "@/api/queries";
import { Badge, Button, Card, CardHead, Time } from "@/components/basics";
import { Empty, Loaded } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { count, counted } from "@/lib/format";
import {
  ACTIONS,
  type AuditEntry,
  type AuditFilter,
  actorName,
  auditFilter,
  auditParams,
  objectLink,
} from "./audit";
import { AuditDetail } from "./audit-detail";
import { AuditFilters } from "./audit-filters";
import { AuditVerify } from "./audit-verify";
import { AdminOnly } from "./parts";
import { auditHeadQuery, auditQuery, systemKeys } from "./queries";

/** Pages that are read without a word while a filter finds little; then one is asked. */
const PAGES_UNASKED = 10;

export function AuditTab() {
  const { data: caller } = useQuery(callerQuery);
  if (!caller) return null;
  if (caller.role !== "admin" || caller.projects != null) return <AdminOnly what="The audit log" />;
  return <Audit />;
}

function useFilter(): [AuditFilter, (filter: AuditFilter) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const filter = auditFilter(search as Record<string, unknown>);
  const set = (next: AuditFilter) =>
    void navigate({
      to: "/system/$tab",
      params: { tab: "audit" },
      search: auditParams(next) as never,
      replace: true,
    });
  return [filter, set];
}

function Audit() {
  const [filter, setFilter] = useFilter();
  const query = useInfiniteQuery(auditQuery(filter));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const columns = useMemo(() => columnsFor(setShown), []);
  const pages = data?.pages.length ?? 0;
  const canGoOn = hasNextPage && !isFetchingNextPage;
  // A filtered page may be short or empty, and there is more.
  useEffect(() => {
    if (canGoOn && rows.length < 30 && pages < PAGES_UNASKED) void fetchNextPage();
  }, [canGoOn, rows.length, pages, fetchNextPage]);
  const onEnd = useCallback(() => {
    if (canGoOn) void fetchNextPage();
  }, [canGoOn, fetchNextPage]);
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <CardHead
          title="Audit log"
          hint={filter.since === null ? "newest first" : "oldest first"}
          actions={<Newer filter={filter} rows={rows} />}
        />
        <AuditFilters filter={filter} onChange={setFilter} />
        <Loaded query={query}>
          {() => (
            <>
              <DataTable
                label="Audit log"
                columns={columns}
                rows={rows}
                rowId={(entry) => String(entry.seq)}
                rowHeight={36}
                minWidth={980}
                className="max-h-[62dvh]"
                onRow={setShown}
                onEnd={onEnd}
                empty={hasNextPage ? undefined : <Nothing filter={filter} />}
              />
              <p className="flex min-h-10 items-center gap-3 border-t border-line px-4 py-1.5 text-xs text-muted">
                {counted(rows.length, "entry", "entries")}
                {hasNextPage ? " so far, more below" : ", no more"}
                {canGoOn && rows.length < 30 && pages >= PAGES_UNASKED ? (
                  <Button size="sm" onClick={() => void fetchNextPage()}>
                    Look further
                  </Button>
                ) : null}
              </p>
            </>
          )}
        </Loaded>
      </Card>
      <AuditVerify />
      {shown ? <AuditDetail entry={shown} onClose={() => setShown(null)} /> : null}
    </div>
  );
}

function Nothing({ filter }: { filter: AuditFilter }) {
  const isFiltered = Object.keys(auditParams(filter)).length > 0;
  return (
    <Empty title={isFiltered ? "No entry is like that" : "The log is empty"}>
      {isFiltered
        ? "Take a filter away to see more."
        : "What is done with this server is told here."}
    </Empty>
  );
}

/** Says that there are newer entries, and shows them when asked: rows do not move by themselves. */
function Newer({ filter, rows }: { filter: AuditFilter; rows: AuditEntry[] }) {
  const client = useQueryClient();
  const { data: head } = useQuery(auditHeadQuery);
  // What was there when these rows were read.
  const [known, setKnown] = useState<number | null>(null);
  useEffect(() => {
    if (known === null && head !== undefined) setKnown(head);
  }, [head, known]);
  const newest = Math.max(known ?? 0, filter.since === null ? (rows[0]?.seq ?? 0) : 0);
  const more = head === undefined || known === null ? 0 : head - newest;
  if (more <= 0) return null;
  return (
    <Button
      size="sm"
      onClick={() => {
        setKnown(head ?? null);
        void client.resetQueries({ queryKey: systemKeys.audit });
      }}
    >
      Show {count(more)} newer{Object.keys(auditParams(filter)).length > 0 ? " before filters" : ""}
    </Button>
  );
}

const columnsFor = (show: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  {
    id: "seq",
    header: "No.",
    cell: ({ row }) => <span className="text-muted">{row.original.seq}</span>,
    meta: { width: 5, align: "right" },
  },
  {
    id: "at",
    header: "When",
    cell: ({ row }) => <Time at={row.original.at} as="date" />,
    meta: { width: 12 },
  },
  {
    id: "actor",
    header: "Who",
    cell: ({ row: { original } }) => (
      <span title={`${original.actor.kind}${original.actor.name ? ` ${original.actor.name}` : ""}`}>
        {actorName(original.actor)}
      </span>
    ),
    meta: { width: 10 },
  },
  {
    id: "action",
    header: "What",
    cell: ({ row: { original } }) => (
      <span title={original.action}>{ACTIONS[original.action] ?? original.action}</span>
    ),
    meta: { width: 11 },
  },
  {
    id: "object",
    header: "Of",
    cell: ({ row: { original } }) => <AuditObject entry={original} />,
    meta: { width: 10 },
  },
  {
    id: "outcome",
    header: "Outcome",
    cell: ({ row: { original } }) => (
      <Badge tone={original.outcome === "ok" ? "good" : "warn"} title={original.code ?? undefined}>
        {original.outcome}
        {original.count > 1 ? ` × ${count(original.count)}` : ""}
      </Badge>
    ),
    meta: { width: 8 },
  },
  {
    id: "detail",
    header: "Detail",
    cell: ({ row: { original } }) => (
      <button
        type="button"
        aria-haspopup="dialog"
        className="block w-full min-w-0 truncate py-1 text-left"
        title={original.detail}
        onClick={() => show(original)}
      >
        {original.detail || "–"}
      </button>
    ),
    meta: { grow: 1 },
  },
];

export function AuditObject({ entry }: { entry: AuditEntry }) {
  if (!entry.object) return <span className="text-muted">–</span>;
  const said = `${entry.object.kind} ${entry.object.id}`;
  const to = objectLink(entry.object);
  return to ? (
    <Link to={to as "/"} className="py-1.5 text-accent hover:underline">
      {said}
    </Link>
  ) : (
    <span title={said}>{said}</span>
  );
}
