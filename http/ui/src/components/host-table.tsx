// A list of hosts that grows as one scrolls, sorted as far as it is loaded, and says so.
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo } from "react";
import type { Host } from "@/api/client";
import { counted } from "@/lib/format";
import { readSort, sorted, writeSort } from "@/lib/hosts";
import { useAllPages } from "@/lib/use-all-pages";
import { Button, cx } from "./basics";
import { hostColumns } from "./hosts";
import { Failed, LoadingRows } from "./states";
import { type Column, DataTable } from "./table";

interface Query {
  error: unknown;
  isPending: boolean;
  /** Whether the rows are still those of another filter. */
  isPlaceholderData: boolean;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<{ hasNextPage: boolean; isError: boolean }>;
}

interface Props {
  label: string;
  hosts: Host[];
  query: Query;
  /** As the URL has it. */
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  /** How the server orders them, in words. */
  order: string;
  /** Columns of the page, after the services. */
  more?: Column<Host>[];
  empty: ReactNode;
  className?: string;
}

export function HostTable({
  label,
  hosts,
  query,
  sort: text,
  onSort,
  order,
  more,
  empty,
  className,
}: Props) {
  const navigate = useNavigate();
  const sort = useMemo(() => (text ? readSort(text) : undefined), [text]);
  const rows = useMemo(() => sorted(hosts, sort), [hosts, sort]);
  const wide = hosts.some((host) => host.address.length > 15);
  const columns = useMemo(() => {
    const all = hostColumns(wide);
    return more ? [...all.slice(0, 4), ...more, ...all.slice(4)] : all;
  }, [wide, more]);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  // In another order than the server's, the end of the list is not where new rows come.
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && !sort) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, sort]);
  return (
    <>
      {query.error ? (
        <div className="p-3">
          <Failed error={query.error} retry={() => void query.refetch()} />
        </div>
      ) : null}
      {query.isPending ? (
        <LoadingRows rows={10} />
      ) : (
        <div className={cx(query.isPlaceholderData && "opacity-60")}>
          <DataTable
            label={label}
            columns={columns}
            rows={rows}
            rowId={(host) => String(host.id)}
            rowHeight={more ? 46 : 38}
            minWidth={more ? 1020 : 800}
            className={className ?? "max-h-[calc(100dvh-16rem)] min-h-80"}
            isSortedByPage
            sorting={sort ? [{ id: sort.key, desc: sort.desc }] : []}
            onSorting={([by]) => {
              const next = by && readSort(by.id);
              onSort(next && by ? writeSort({ ...next, desc: by.desc }) : undefined);
            }}
            onRow={(host) =>
              void navigate({ to: "/hosts/$hostId", params: { hostId: String(host.id) } })
            }
            onEnd={onEnd}
            empty={empty}
          />
          <Foot hosts={hosts.length} query={query} order={order} isSorted={sort !== undefined} />
        </div>
      )}
    </>
  );
}

/** What is loaded, what is not, and what that means for the order. */
function Foot({
  hosts,
  query,
  order,
  isSorted,
}: Pick<Props, "query" | "order"> & { hosts: number; isSorted: boolean }) {
  const all = useAllPages(query);
  if (hosts === 0) return null;
  const said = isSorted ? "" : `, ${order}`;
  return (
    <div
      role="status"
      className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-1.5 text-xs text-muted"
    >
      <span className="num">
        {query.hasNextPage
          ? `${counted(hosts, "host")} loaded${said}, more on the server.`
          : hosts === 1
            ? "The only host."
            : `All ${counted(hosts, "host")}${said}.`}
      </span>
      {query.hasNextPage && isSorted ? (
        <span className="text-warn">Only the loaded ones are sorted.</span>
      ) : null}
      {query.isFetchNextPageError ? (
        <span className="text-danger">The next ones could not be loaded.</span>
      ) : null}
      {query.hasNextPage ? (
        all.busy ? (
          <Button size="sm" onClick={all.stop}>
            Stop loading
          </Button>
        ) : (
          <Button size="sm" onClick={all.start}>
            Load all
          </Button>
        )
      ) : null}
    </div>
  );
}
