// Two scans side by side: which hosts and ports appeared, vanished or changed, and what is not known.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { isMissing, type Scan } from "@/api/client";
import { scanQuery, scansQuery } from "@/api/queries";
import { Button, Card, CardHead, Notice } from "@/components/basics";
import { PageHead } from "@/components/page";
import { ScanLines } from "@/components/scan-picker";
import { Empty, Failed } from "@/components/states";
import { pairsOf, previousOf } from "@/lib/pairs";
import { anId, aText, useParamsOf, type ValuesOf } from "@/lib/search-params";
import { visible } from "@/lib/text";
import { Pickers } from "./compare/pickers";
import { Result } from "./compare/result";

const PARAMS = { a: anId, b: anId, kinds: aText, q: aText };
export type CompareValues = ValuesOf<typeof PARAMS>;

/** A chosen scan: from the list, else asked for by its number. */
function useScan(id: number | undefined, scans: Scan[]) {
  const listed = scans.find((scan) => scan.id === id);
  const query = useQuery({ ...scanQuery(id ?? 0), enabled: id !== undefined && !listed });
  return { scan: listed ?? (id === undefined ? undefined : query.data), error: query.error };
}

export default function ComparePage() {
  const [values, set] = useParamsOf(PARAMS);
  const list = useInfiniteQuery(scansQuery);
  const scans = useMemo(() => list.data?.pages.flatMap((page) => page.rows) ?? [], [list.data]);
  const a = useScan(values.a, scans);
  const b = useScan(values.b, scans);
  const previous = b.scan ? previousOf(b.scan, scans) : undefined;
  const both = values.a !== undefined && values.b !== undefined;
  const backwards = a.scan && b.scan && a.scan.id > b.scan.id;
  const swap = () => set({ a: values.b, b: values.a });
  return (
    <>
      <PageHead title="Compare" name={both ? `Compare ${values.a} with ${values.b}` : "Compare"} />
      <div className="flex flex-col gap-3">
        <Pickers
          scans={scans}
          a={a.scan ?? null}
          b={b.scan ?? null}
          onChange={set}
          swap={swap}
          loadMore={list.hasNextPage ? () => void list.fetchNextPage() : null}
          isLoading={list.isFetching}
        />
        {list.error ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        <NotRead id={values.a} error={a.error} />
        <NotRead id={values.b} error={b.error} />
        {previous && previous.id !== values.a && previous.id !== values.b ? (
          <Notice
            title="The scan before it of the same targets"
            actions={
              <Button size="sm" onClick={() => set({ a: previous.id })}>
                Compare with #{previous.id}
              </Button>
            }
          >
            <span className="flex max-w-xl items-center gap-3">
              <ScanLines scan={previous} />
            </span>
          </Notice>
        ) : null}
        {backwards ? (
          <Notice
            tone="warn"
            actions={
              <Button size="sm" onClick={swap}>
                Swap
              </Button>
            }
          >
            The first scan is the newer one: what appeared reads as vanished.
          </Notice>
        ) : null}
        {a.error || b.error ? null : both ? (
          values.a === values.b ? (
            <Empty title="Both are the same scan">Choose another one for one of the sides.</Empty>
          ) : (
            <Result
              key={`${values.a} ${values.b}`}
              a={values.a as number}
              b={values.b as number}
              values={values}
              set={set}
            />
          )
        ) : list.data ? (
          <Suggested scans={scans} set={set} />
        ) : null}
      </div>
    </>
  );
}

/** Why one of the two is not there. */
function NotRead({ id, error }: { id: number | undefined; error: unknown }) {
  if (!error) return null;
  return isMissing(error) ? (
    <Empty title={`There is no scan ${id}`}>
      It may have been deleted, or its number mistyped. Choose another one.
    </Empty>
  ) : (
    <Failed error={error} />
  );
}

/** Pairs worth a look, while nothing is chosen. */
function Suggested({ scans, set }: { scans: Scan[]; set: (change: CompareValues) => void }) {
  const pairs = useMemo(() => pairsOf(scans, 8), [scans]);
  if (scans.length < 2)
    return (
      <Empty title="Two scans are needed">
        Scan something, scan it again later, and see here what changed.
      </Empty>
    );
  if (pairs.length === 0)
    return (
      <Empty title="Choose two scans">
        No two of the newest scans are known to be of the same targets; any two can be compared.
        What one of them did not scan is called unknown, never closed.
      </Empty>
    );
  return (
    <Card className="overflow-hidden">
      <CardHead
        title="Scans of the same targets"
        hint="the newer of each pair, and the one before"
      />
      <ul>
        {pairs.map(({ a, b }) => (
          <li key={b.id} className="border-b border-line last:border-b-0">
            <button
              type="button"
              onClick={() => set({ a: a.id, b: b.id })}
              className="flex w-full flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-left text-sm hover:bg-hover"
            >
              <ScanLines scan={b} className="basis-60" />
              <span className="w-40 text-xs text-muted">
                compared with <span className="num">#{a.id}</span>
                {a.project_id === b.project_id ? null : (
                  <bdi className="block truncate">of {visible(a.project_name)}</bdi>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
