// What each scan found at an address, newest first, and what changed from one to the next.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { historyQuery, searchQuery } from "@/api/hosts";
import { Badge, Button, buttonClass, Card, CardHead, cx, Time } from "@/components/basics";
import { ScanRef } from "@/components/scans";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { StatusBadge, VerdictBadge, verdictLook } from "@/components/verdicts";
import { counted } from "@/lib/format";
import { type Step, steps } from "@/lib/history";
import { visible } from "@/lib/text";

/** Ports that a line shows; the rest is counted. */
const FEW = 12;

export function HistoryCard({ address, scanId }: { address: string; scanId?: number }) {
  const query = useInfiniteQuery(historyQuery(address));
  const rows = useInfiniteQuery(searchQuery({ address }));
  const hostOf = useMemo(() => {
    const hosts = rows.data?.pages.flatMap((page) => page.rows) ?? [];
    return new Map(hosts.map((host) => [host.scan_id, host.id]));
  }, [rows.data]);
  const all = useMemo(
    () => steps(query.data?.pages.flatMap((page) => page.rows) ?? []),
    [query.data],
  );
  return (
    <Card aria-label="History" className="overflow-hidden">
      <CardHead
        title="History of this address"
        hint={
          query.data
            ? `${counted(all.length, "scan")}${query.hasNextPage ? " and more" : ""}`
            : null
        }
      />
      {query.error ? (
        <div className="p-3">
          <Failed error={query.error} retry={() => void query.refetch()} />
        </div>
      ) : null}
      {query.isPending && !query.error ? <LoadingRows rows={3} /> : null}
      {query.data && all.length === 0 ? (
        query.hasNextPage ? null : (
          <Empty title="No scan knows this address">
            It was no target of any scan that you may see, or those scans were deleted.
          </Empty>
        )
      ) : null}
      <ol>
        {all.map((step) => (
          <Line
            key={step.scan.id}
            step={step}
            hostId={hostOf.get(step.scan.id)}
            isThis={step.scan.id === scanId}
          />
        ))}
      </ol>
      {query.hasNextPage ? (
        <div className="border-t border-line p-2 text-center">
          <Button
            size="sm"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Older scans
          </Button>
        </div>
      ) : null}
      {all.some((step) => step.gone.length > 0) ? (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          A port that is not listed open any more may be closed, filtered, or not probed by that
          scan: comparing the two scans tells which.
        </p>
      ) : null}
    </Card>
  );
}

function Line({
  step,
  hostId,
  isThis,
}: {
  step: Step;
  hostId: number | undefined;
  isThis: boolean;
}) {
  const { scan, base } = step;
  const name = visible(scan.name ?? scan.targets.slice(0, 2).join(" "));
  return (
    <li
      aria-current={isThis ? "true" : undefined}
      className={cx(
        "border-b border-line px-4 py-2.5 text-sm last:border-b-0",
        isThis && "bg-accent-soft",
      )}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <VerdictBadge verdict={scan.verdict} />
        <span className="max-w-64 min-w-0">
          <ScanRef
            id={scan.id}
            name={name}
            title={`${name}, project ${visible(scan.project_name)}`}
          />
        </span>
        {scan.status === "completed" ? null : <StatusBadge status={scan.status} />}
        <span className={cx("text-xs", !isThis && "text-muted")}>
          <Time at={scan.finished_at ?? scan.started_at ?? scan.created_at} />
        </span>
        <span className="ml-auto flex gap-1">
          {isThis ? <Badge>this page</Badge> : null}
          {hostId !== undefined && !isThis ? (
            <Link
              to="/hosts/$hostId"
              params={{ hostId: String(hostId) }}
              className={buttonClass("quiet", "sm")}
            >
              Open
            </Link>
          ) : null}
          {base ? (
            <Link
              to="/compare"
              search={{ a: base.id, b: scan.id } as never}
              className={buttonClass("quiet", "sm")}
            >
              Compare with #{base.id}
            </Link>
          ) : null}
        </span>
      </div>
      <Changes step={step} />
    </li>
  );
}

function Changes({ step }: { step: Step }) {
  const { scan, was, opened, gone } = step;
  const nothing = !was && opened.length === 0 && gone.length === 0;
  return (
    <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
      {was ? (
        <span className="text-warn">was {verdictLook(was).label.toLowerCase()} before</span>
      ) : null}
      <Some label="newly open" ports={opened} tone="good" />
      <Some label="not listed open any more" ports={gone} tone="danger" />
      {nothing || opened.length + gone.length === 0 ? (
        <span className="num truncate text-muted" title={scan.open_ports.join(", ")}>
          {scan.open_ports.length === 0
            ? scan.verdict === "up"
              ? "no open ports listed"
              : "no ports known"
            : `open: ${scan.open_ports.slice(0, FEW).join(", ")}${scan.open_ports.length > FEW ? `, ${scan.open_ports.length - FEW} more` : ""}`}
        </span>
      ) : (
        <span className="num text-muted">{counted(scan.open_ports.length, "open port")}</span>
      )}
    </div>
  );
}

function Some({ label, ports, tone }: { label: string; ports: string[]; tone: "good" | "danger" }) {
  if (ports.length === 0) return null;
  return (
    <span className="flex flex-wrap items-center gap-1" title={ports.join(", ")}>
      <span className={tone === "good" ? "text-good" : "text-danger"}>{label}</span>
      {ports.slice(0, FEW).map((port) => (
        <Badge key={port} tone={tone} className="num">
          {port}
        </Badge>
      ))}
      {ports.length > FEW ? <span className="num">+{ports.length - FEW}</span> : null}
    </span>
  );
}
