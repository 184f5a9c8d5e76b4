// All scans: filtered by the URL, brought up to date by events, compared and stopped from here.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { GitCompareArrows, Square, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { api, type Scan, take } from "@/api/client";
import { projectsQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, buttonClass, Card, Input, Select } from "@/components/basics";
import { Confirm, say } from "@/components/overlays";
import { PageHead } from "@/components/page";
import { SCAN_ROW, SCAN_WIDTH, scanColumns } from "@/components/scans";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { isActive } from "@/components/verdicts";
import { count, counted } from "@/lib/format";
import { hasWords, scanTitle } from "@/lib/scans";
import { anId, aText, oneOf, useParamsOf } from "@/lib/search-params";
import { scanRowsQuery } from "./queries";

const STATUSES = [
  "queued",
  "running",
  "paused",
  "stopping",
  "completed",
  "stopped",
  "failed",
] as const;
const FILTERS = { status: oneOf(STATUSES), project: anId, q: aText };

/** The filtered rows. A text is looked for here, so all pages are read for it. */
function useRows(filter: { status?: Scan["status"]; project?: number; q?: string }) {
  const query = useInfiniteQuery(scanRowsQuery(filter.project, filter.status));
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query;
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.rows), [query.data]);
  const rows = useMemo(
    () =>
      all?.filter(
        (scan) =>
          (!filter.status || scan.status === filter.status) &&
          (!filter.q || hasWords(scan, filter.q)),
      ),
    [all, filter.status, filter.q],
  );
  const isSifting = filter.q !== undefined || (filter.project !== undefined && !!filter.status);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    if (isSifting && !isError) more();
  }, [isSifting, isError, more]);
  return { query, all, rows, more };
}

/** Which rows are chosen, and a column to choose them by. */
function useChosen(): [Set<number>, (ids: Set<number>) => void, Column<Scan>] {
  const [chosen, setChosen] = useState<Set<number>>(new Set());
  const column = useMemo<Column<Scan>>(
    () => ({
      id: "chosen",
      header: () => <span className="sr-only">Chosen</span>,
      meta: { width: 3 },
      cell: ({ row }) => (
        <label className="-mx-1 grid size-8 cursor-pointer place-items-center">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            aria-label={`Choose scan ${row.original.id}`}
            checked={chosen.has(row.original.id)}
            onChange={(event) => {
              const next = new Set(chosen);
              if (event.target.checked) next.add(row.original.id);
              else next.delete(row.original.id);
              setChosen(next);
            }}
          />
        </label>
      ),
    }),
    [chosen],
  );
  return [chosen, setChosen, column];
}

/** Stops them one by one; says which ones could not be. */
async function stopAll(scans: Scan[]): Promise<void> {
  const failures: string[] = [];
  for (const scan of scans) {
    try {
      await take(api.POST("/api/scans/{id}/stop", { params: { path: { id: scan.id } } }));
    } catch (error) {
      failures.push(`#${scan.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const done = scans.length - failures.length;
  if (done > 0) say(`${counted(done, "scan")} told to stop`, "What they found so far is kept.");
  if (failures.length > 0) throw new Error(failures.join("; "));
}

function Chosen({ scans, clear }: { scans: Scan[]; clear: () => void }) {
  const may = useMay("operator");
  const running = scans.filter((scan) => isActive(scan.status) && scan.status !== "stopping");
  const [one, two] = [...scans].sort((a, b) => a.id - b.id);
  return (
    <div
      role="toolbar"
      aria-label="What to do with the chosen scans"
      className="flex flex-wrap items-center gap-2"
    >
      <span className="num text-sm text-muted">{count(scans.length)} chosen</span>
      {one && two && scans.length === 2 ? (
        <Link to="/compare" search={{ a: one.id, b: two.id } as never} className={buttonClass()}>
          <GitCompareArrows aria-hidden className="size-4" />
          Compare
        </Link>
      ) : (
        <Button disabled title="Choose two scans to compare them">
          <GitCompareArrows aria-hidden className="size-4" />
          Compare
        </Button>
      )}
      {may ? (
        <Confirm
          title={`Stop ${counted(running.length, "scan")}?`}
          verb="Stop"
          act={async () => {
            await stopAll(running);
            clear();
          }}
          trigger={(open) => (
            <Button
              variant="danger"
              disabled={running.length === 0}
              title={running.length === 0 ? "None of the chosen scans runs" : undefined}
              onClick={open}
            >
              <Square aria-hidden className="size-4" />
              Stop{running.length > 0 ? ` ${count(running.length)}` : ""}
            </Button>
          )}
        >
          <p>Hosts that are done are kept. The rest can be scanned later: “rescan unfinished”.</p>
          <ul className="mt-2 list-disc pl-5">
            {running.slice(0, 8).map((scan) => (
              <li key={scan.id} className="break-words">
                #{scan.id} <bdi>{scanTitle(scan)}</bdi>
              </li>
            ))}
          </ul>
          {running.length > 8 ? <p>and {count(running.length - 8)} more</p> : null}
        </Confirm>
      ) : null}
      <Button variant="quiet" onClick={clear}>
        <X aria-hidden className="size-4" />
        Clear
      </Button>
    </div>
  );
}

export default function Scans() {
  const [filter, setFilter] = useParamsOf(FILTERS);
  // As it was typed: the URL has it without the blanks around it.
  const [text, setText] = useState(filter.q ?? "");
  const { data: projects = [] } = useQuery(projectsQuery);
  const clear = () => {
    setText("");
    setFilter({ status: undefined, project: undefined, q: undefined });
  };
  const { query, all, rows, more } = useRows(filter);
  const [chosen, setChosen, column] = useChosen();
  const navigate = useNavigate();
  const isFiltered = Boolean(filter.status || filter.project || filter.q);
  const columns = useMemo(() => [column, ...scanColumns({ project: true })], [column]);
  const picked = useMemo(() => (all ?? []).filter((scan) => chosen.has(scan.id)), [all, chosen]);
  const shown = rows?.length ?? 0;
  const figure = all
    ? `${count(shown)}${query.hasNextPage ? "+" : ""} ${shown === 1 ? "scan" : "scans"}`
    : "";
  return (
    <>
      <PageHead title="Scans" aside={<span className="num text-sm text-muted">{figure}</span>} />
      <search className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          aria-label="Find in name, project, targets, flags"
          placeholder="Name, project, target, flag"
          className="sm:max-w-72"
          type="search"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setFilter({ q: aText(event.target.value) });
          }}
        />
        <Select
          aria-label="Status"
          value={filter.status ?? ""}
          onChange={(event) => setFilter({ status: FILTERS.status(event.target.value) })}
        >
          <option value="">Any status</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {status[0]?.toUpperCase() + status.slice(1)}
            </option>
          ))}
        </Select>
        <Select
          aria-label="Project"
          className="max-w-60"
          value={filter.project ?? ""}
          onChange={(event) => setFilter({ project: anId(event.target.value) })}
        >
          <option value="">All projects</option>
          {projects.map((project) => (
            <option key={project.id} value={project.id}>
              {project.name}
            </option>
          ))}
        </Select>
        {isFiltered ? (
          <Button variant="quiet" onClick={clear}>
            <X aria-hidden className="size-4" />
            No filter
          </Button>
        ) : null}
        <div className="ml-auto min-h-9">
          {picked.length > 0 ? (
            <Chosen scans={picked} clear={() => setChosen(new Set())} />
          ) : (
            <span className="hidden text-xs leading-9 text-muted lg:inline">
              Choose two to compare, or several to stop
            </span>
          )}
        </div>
      </search>
      {query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : null}
      {rows === undefined && !query.error ? <LoadingRows rows={8} /> : null}
      {rows !== undefined ? (
        <Card>
          <DataTable
            label="Scans"
            columns={columns}
            rows={rows}
            rowId={(scan) => String(scan.id)}
            rowHeight={SCAN_ROW}
            minWidth={SCAN_WIDTH}
            className="max-h-[calc(100dvh-13rem)] min-h-40"
            onRow={(scan) =>
              void navigate({ to: "/scans/$scanId", params: { scanId: String(scan.id) } })
            }
            onEnd={more}
            empty={
              query.isFetchingNextPage ? (
                <LoadingRows rows={3} />
              ) : isFiltered ? (
                <Empty
                  title="No scan is like that"
                  action={<Button onClick={clear}>Show all scans</Button>}
                >
                  {count(all?.length ?? 0)} were looked at.
                </Empty>
              ) : (
                <Empty
                  title="No scan yet"
                  action={
                    <Link to="/scans/new" className={buttonClass("primary")}>
                      Start a scan
                    </Link>
                  }
                >
                  A scan cuts its targets into batches and runs nmap over them. What it finds is
                  kept, and can be seen while it runs.
                </Empty>
              )
            }
          />
        </Card>
      ) : null}
    </>
  );
}
