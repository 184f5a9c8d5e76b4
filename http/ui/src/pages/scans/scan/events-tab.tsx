// What happened to a scan, newest first: what came before this page by pages, then live.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { EventFrame, Scan } from "@/api/client";
import { eventsBefore } from "@/api/events";
import { keys } from "@/api/queries";
import { Badge, Button, Card, CardHead, Time } from "@/components/basics";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { counted } from "@/lib/format";
import { visible } from "@/lib/text";
import { type LiveScan, useCalmParts } from "@/live/scan";
import { Chips } from "./chips";
import { useScanSearch } from "./search";
import { eventsOf, KINDS, type Told, told } from "./timeline";

const PAGE = 200;

type Row = Told & { seq: number; at: string };

function usePast(id: number, from: number | null, kinds: string[], batch: number | undefined) {
  return useInfiniteQuery({
    queryKey: [...keys.events(id), "timeline", from, kinds.join(), batch],
    queryFn: ({ signal, pageParam }) =>
      eventsBefore(id, { before: pageParam, limit: PAGE, kinds, batch }, signal),
    initialPageParam: (from ?? 0) + 1,
    getNextPageParam: (page) => page.next,
    enabled: from !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function rowOf(event: EventFrame, start: string | null | undefined): Row | null {
  const what = told(event, start);
  return what ? { ...what, seq: event.seq, at: event.ts } : null;
}

export function EventsTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  const [search, change] = useScanSearch();
  const version = useCalmParts(live, 250, "timeline", "link");
  const wanted = useMemo(() => eventsOf(search.kinds), [search.kinds]);
  const past = usePast(scan.id, live.model.timelineFrom, wanted, search.batch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the model changes in place
  const rows = useMemo(() => {
    const isWanted = (event: EventFrame) =>
      wanted.includes(event.event) &&
      (search.batch === undefined || ("batch_id" in event && event.batch_id === search.batch));
    const newer = live.model.timeline.filter(isWanted).reverse();
    const older = (past.data?.pages ?? []).flatMap((page) => [...page.events].reverse());
    return [...newer, ...older]
      .map((event) => rowOf(event, scan.started_at))
      .filter((row) => row !== null);
  }, [version, past.data, wanted, search.batch, live, scan.started_at]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = past;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const columns = useMemo(() => columnsOf((batch) => change({ batch })), [change]);
  const toggle = (kind: string) =>
    change({
      kinds: search.kinds.includes(kind)
        ? search.kinds.filter((one) => one !== kind)
        : [...search.kinds, kind],
    });
  return (
    <Card>
      <CardHead
        title="Events"
        hint={`${counted(rows.length, "event")}${hasNextPage ? ", more below" : ""}, newest first`}
        actions={
          search.batch ? (
            <Button size="sm" onClick={() => change({ batch: undefined })}>
              Only batch {search.batch}: show all
            </Button>
          ) : null
        }
      />
      <Chips
        label="Kinds of events"
        chosen={search.kinds}
        choices={Object.keys(KINDS).map((key) => ({ key, label: key }))}
        onToggle={toggle}
        onClear={() => change({ kinds: [] })}
      />
      {past.error ? (
        <div className="p-3">
          <Failed error={past.error} retry={() => void past.refetch()} />
        </div>
      ) : null}
      {past.isPending && rows.length === 0 && !past.error ? (
        <LoadingRows />
      ) : (
        <DataTable
          label="Events"
          columns={columns}
          rows={rows}
          rowId={(row) => String(row.seq)}
          rowHeight={36}
          onEnd={onEnd}
          minWidth={820}
          className="max-h-[max(24rem,calc(100dvh-14rem))]"
          empty={
            <Empty title="Nothing of this kind has happened">
              {search.kinds.length > 0 || search.batch
                ? "“All” shows every event of the scan."
                : "Events come here as they happen."}
            </Empty>
          }
        />
      )}
    </Card>
  );
}

function columnsOf(onBatch: (batch: number) => void): Column<Row>[] {
  return [
    {
      id: "at",
      header: "When",
      cell: ({ row }) => <Time at={row.original.at} as="clock" />,
      meta: { width: 7 },
    },
    {
      id: "what",
      header: "What",
      cell: ({ row }) => <Badge tone={row.original.tone}>{row.original.label}</Badge>,
      meta: { width: 11 },
    },
    {
      id: "batch",
      header: "Batch",
      cell: ({ row: { original } }) =>
        original.batch ? (
          <span className="flex items-center gap-1">
            <Link
              to="/batches/$batchId"
              params={{ batchId: String(original.batch) }}
              className="num inline-flex h-7 min-w-7 items-center text-accent hover:underline"
            >
              {original.batch}
            </Link>
            <Button
              variant="quiet"
              size="sm"
              aria-label={`Only events of batch ${original.batch}`}
              onClick={() => original.batch && onBatch(original.batch)}
            >
              only
            </Button>
          </span>
        ) : null,
      meta: { width: 9 },
    },
    {
      id: "text",
      header: "How",
      cell: ({ row }) => (
        <span title={visible(row.original.text)}>{visible(row.original.text)}</span>
      ),
      meta: { grow: 4 },
    },
    {
      id: "seq",
      header: "Number",
      cell: ({ row }) => <span className="text-muted">{row.original.seq}</span>,
      meta: { width: 6, align: "right" },
    },
  ];
}
