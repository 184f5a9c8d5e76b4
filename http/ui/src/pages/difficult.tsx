// Hosts that scans could not finish: why, how often, and a new scan of those that are chosen.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { difficultQuery } from "@/api/hosts";
import { useMay } from "@/app/session";
import { Badge, Button, buttonClass, Card, cx, Select, Time } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { FilterChips, LaterInput } from "@/components/filters";
import { Dialog } from "@/components/overlays";
import { PageHead } from "@/components/page";
import { ScanLink } from "@/components/scans";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import {
  type Difficult,
  linkTargets,
  reasonHelp,
  reasonLabel,
  reasonOf,
  reasons,
} from "@/lib/difficult";
import { count, counted } from "@/lib/format";
import { anId, aText, useParamsOf } from "@/lib/search-params";
import { visible } from "@/lib/text";

const PARAMS = { reason: aText, q: aText, scan: anId };

export default function DifficultPage() {
  const [values, set] = useParamsOf(PARAMS);
  const query = useInfiniteQuery(difficultQuery(values.scan));
  const all = useMemo(() => query.data?.pages.flat() ?? [], [query.data]);
  const shown = useMemo(
    () =>
      all.filter(
        (one) =>
          (!values.reason || reasonOf(one) === values.reason) &&
          (!values.q || one.address.includes(values.q)),
      ),
    [all, values.reason, values.q],
  );
  const chips =
    values.scan === undefined
      ? []
      : [{ label: `Scan: ${values.scan}`, onRemove: () => set({ scan: undefined }) }];
  const more = query.hasNextPage ? " or more" : "";
  return (
    <>
      <PageHead title="Difficult targets">
        <p className="max-w-prose text-sm text-muted">
          Hosts that could not be finished alone and to the end of their tries. New scans leave them
          to the end, and they leave this list once a scan finishes them.
        </p>
      </PageHead>
      {!query.data ? (
        query.error ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : (
          <LoadingRows rows={8} />
        )
      ) : all.length === 0 ? (
        <Empty
          title="No difficult targets"
          action={
            values.scan === undefined ? null : (
              <Button onClick={() => set({ scan: undefined })}>Show those of all scans</Button>
            )
          }
        >
          Every host was finished when it was scanned last. Those that stall, time out or crash nmap
          come here.
        </Empty>
      ) : (
        <div className="flex flex-col gap-3">
          {query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : null}
          <search className="flex flex-wrap items-center gap-2">
            <LaterInput
              type="search"
              aria-label="Find an address"
              placeholder="Part of an address"
              className="max-w-72"
              value={values.q ?? ""}
              onValue={(text) => set({ q: text || undefined })}
            />
            <Select
              aria-label="Reason"
              value={values.reason ?? ""}
              onChange={(event) => set({ reason: event.target.value || undefined })}
            >
              <option value="">
                Any reason ({count(all.length)}
                {more})
              </option>
              {reasons(all).map((one) => (
                <option key={one.reason} value={one.reason}>
                  {reasonLabel(one.reason)} ({count(one.count)}
                  {more})
                </option>
              ))}
            </Select>
            <FilterChips chips={chips} onClear={() => set({ scan: undefined })} />
          </search>
          {values.reason && reasonHelp(values.reason) ? (
            <p className="text-sm text-muted">{reasonHelp(values.reason)}</p>
          ) : null}
          <Targets
            rows={shown}
            hasNextPage={query.hasNextPage}
            isFetching={query.isFetchingNextPage}
            next={() => void query.fetchNextPage()}
            clear={() => set({ reason: undefined, q: undefined })}
          />
        </div>
      )}
    </>
  );
}

interface TargetsProps {
  rows: Difficult[];
  hasNextPage: boolean;
  isFetching: boolean;
  next: () => void;
  clear: () => void;
}

function Targets({ rows, hasNextPage, isFetching, next, clear }: TargetsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<Difficult | null>(null);
  const picked = rows.filter((row) => chosen.has(row.address)).map((row) => row.address);
  const columns = useMemo(() => columnsOf(rows, chosen, setChosen, setOpen), [rows, chosen]);
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) next();
  }, [hasNextPage, isFetching, next]);
  return (
    <Card aria-label="Targets" className="overflow-hidden">
      <Chosen picked={picked} shown={rows.length} hasMore={hasNextPage} />
      <DataTable
        label="Difficult targets"
        columns={columns}
        rows={rows}
        rowId={(row) => row.address}
        minWidth={980}
        className="max-h-[calc(100dvh-18rem)] min-h-60"
        onEnd={onEnd}
        empty={
          <Empty
            title="None of these matches"
            action={<Button onClick={clear}>Clear filters</Button>}
          >
            {hasNextPage ? "Only those loaded so far were looked at." : null}
          </Empty>
        }
      />
      {hasNextPage ? (
        <div className="border-t border-line p-2 text-center">
          <Button size="sm" disabled={isFetching} onClick={next}>
            Load more
          </Button>
        </div>
      ) : null}
      <TimesDialog target={open} close={() => setOpen(null)} />
    </Card>
  );
}

/** What is chosen, and what can be done with it. Of its height always, so that nothing moves. */
function Chosen({ picked, shown, hasMore }: { picked: string[]; shown: number; hasMore: boolean }) {
  const mayScan = useMay("operator");
  const link = linkTargets(picked);
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
      <p role="status" className="num text-sm font-semibold">
        {picked.length > 0
          ? `${count(picked.length)} of ${count(shown)} chosen`
          : `${counted(shown, "target")}${hasMore ? " so far" : ""}`}
      </p>
      {picked.length > 0 ? (
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <CopyButton text={picked.join("\n")} label="Copy addresses" />
          {!mayScan ? null : link === null ? (
            <span className="text-xs text-muted">
              Too many for a link: copy them, and paste them as targets of a new scan.
            </span>
          ) : (
            <Link
              to="/scans/new"
              search={{ targets: link } as never}
              className={buttonClass("primary", "sm")}
            >
              <RotateCw aria-hidden className="size-3.5" />
              Scan again
            </Link>
          )}
        </div>
      ) : (
        <p className="ml-auto text-xs text-muted">Choose some to scan them again.</p>
      )}
    </div>
  );
}

const BOX = "size-4 accent-(--accent)";

function Box({
  label,
  checked,
  onChange,
  some = false,
}: {
  label: string;
  checked: boolean;
  some?: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label className="inline-flex size-7 cursor-pointer items-center justify-center">
      <span className="sr-only">{label}</span>
      <input
        type="checkbox"
        className={BOX}
        checked={checked}
        ref={(box) => {
          if (box) box.indeterminate = some;
        }}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}

function columnsOf(
  rows: Difficult[],
  chosen: ReadonlySet<string>,
  setChosen: (chosen: ReadonlySet<string>) => void,
  open: (target: Difficult) => void,
): Column<Difficult>[] {
  const here = rows.filter((row) => chosen.has(row.address)).length;
  const choose = (addresses: string[], on: boolean) => {
    const next = new Set(chosen);
    for (const address of addresses) {
      if (on) next.add(address);
      else next.delete(address);
    }
    setChosen(next);
  };
  const col = (
    id: string,
    header: Column<Difficult>["header"],
    cell: (row: Difficult) => React.ReactNode,
    meta: Column<Difficult>["meta"],
  ): Column<Difficult> => ({
    id,
    header,
    accessorFn: (row: Difficult) => row.address,
    cell: ({ row }) => cell(row.original),
    meta,
  });
  return [
    col(
      "choose",
      () => (
        <Box
          label="Choose all that are shown"
          checked={here > 0 && here === rows.length}
          some={here > 0 && here < rows.length}
          onChange={(on) =>
            choose(
              rows.map((row) => row.address),
              on,
            )
          }
        />
      ),
      (row) => (
        <Box
          label={`Choose ${row.address}`}
          checked={chosen.has(row.address)}
          onChange={(on) => choose([row.address], on)}
        />
      ),
      { width: 3.5 },
    ),
    col(
      "address",
      "Address",
      (row) => (
        <Link
          to="/addresses/$address"
          params={{ address: row.address }}
          className="num inline-block max-w-full truncate py-1 align-middle font-medium text-accent hover:underline"
          title={row.address}
        >
          {row.address}
        </Link>
      ),
      { width: rows.some((row) => row.address.length > 15) ? 18 : 9 },
    ),
    col("reason", "Reason", (row) => <Reason reason={reasonOf(row)} />, { width: 11 }),
    col("detail", "In the server's words", (row) => <Detail text={row.history[0]?.detail} />, {
      grow: 1.6,
    }),
    col(
      "times",
      "Times",
      (row) => (
        <Button
          size="sm"
          variant="quiet"
          onClick={() => open(row)}
          aria-label={`${counted(row.times, "time")}: show each`}
          title="Show each time"
        >
          <span className="num underline">{count(row.times)}</span>
        </Button>
      ),
      { width: 5.5, align: "right" },
    ),
    col("last", "Last time", (row) => <Time at={row.history[0]?.at} />, { width: 8 }),
    col("scan", "Scan", (row) => <LastScan target={row} />, { grow: 1 }),
  ];
}

function Reason({ reason }: { reason: string }) {
  return (
    <Badge tone="warn" title={reasonHelp(reason) ?? reason}>
      {visible(reasonLabel(reason))}
    </Badge>
  );
}

function Detail({ text }: { text: string | undefined }) {
  const shown = visible(text ?? "");
  return (
    <span className="text-muted" title={shown}>
      {shown || "–"}
    </span>
  );
}

function LastScan({ target }: { target: Difficult }) {
  const last = target.history[0];
  return last ? <ScanLink id={last.scan_id} /> : <span className="text-muted">–</span>;
}

function TimesDialog({ target, close }: { target: Difficult | null; close: () => void }) {
  const older = target ? target.times - target.history.length : 0;
  return (
    <Dialog
      open={target !== null}
      onOpenChange={(open) => !open && close()}
      title={target?.address ?? ""}
      description="Each time that it could not be finished, newest first"
      className="w-[min(44rem,calc(100vw-2rem))]"
    >
      <ol className="flex flex-col">
        {target?.history.map((time, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a history does not change its order
            key={at}
            className={cx("flex flex-col gap-0.5 border-line py-2 text-sm", at > 0 && "border-t")}
          >
            <div className="flex flex-wrap items-center gap-x-3">
              <Reason reason={time.reason} />
              <span className="text-xs text-muted">
                <Time at={time.at} as="date" />
              </span>
              <span className="ml-auto flex items-center gap-3 text-xs">
                <ScanLink id={time.scan_id} />
                <Link
                  to="/batches/$batchId"
                  params={{ batchId: String(time.batch_id) }}
                  className="num py-1 text-accent hover:underline"
                >
                  Batch {time.batch_id}
                </Link>
              </span>
            </div>
            <p className="break-words text-muted">{visible(time.detail)}</p>
          </li>
        ))}
      </ol>
      {older > 0 ? (
        <p className="pt-2 text-xs text-muted">
          {counted(older, "older time")} that {older === 1 ? "is" : "are"} counted, and not kept.
        </p>
      ) : null}
    </Dialog>
  );
}
