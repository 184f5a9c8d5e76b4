// The hosts that differ with their ports before and after: only the rows in sight are in the page.
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowRight, ChevronRight } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { Badge, Button, Card, cx } from "@/components/basics";
import { Fade } from "@/components/fade";
import { portTone } from "@/components/verdicts";
import {
  type DiffHost,
  type DiffPort,
  type DiffRow,
  isFound,
  KNOWN,
  rowsOf,
  serviceParts,
  stateOf,
} from "@/lib/diff";
import { count, counted } from "@/lib/format";
import { visible } from "@/lib/text";
import { hostKind, KindBadge, portKind } from "./kinds";

const HOST_PX = 44;
const PORT_PX = 34;
/** Hosts with few differing ports are unfolded from the start. */
const FEW_PORTS = 12;

interface Props {
  hosts: DiffHost[];
  /** Numbers of the two scans. */
  before: number;
  after: number;
  hint: string;
}

export function DiffList({ hosts, before, after, hint }: Props) {
  // What was folded or unfolded by hand; all others go by how many ports they have.
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [all, setAll] = useState<boolean | null>(null);
  const isOpen = useCallback(
    (host: DiffHost) => turned.get(host.address) ?? all ?? host.ports.length <= FEW_PORTS,
    [turned, all],
  );
  const rows = useMemo(() => rowsOf(hosts, isOpen), [hosts, isOpen]);
  const turn = (host: DiffHost) => setTurned(new Map(turned).set(host.address, !isOpen(host)));
  const turnAll = (open: boolean) => {
    setAll(open);
    setTurned(new Map());
  };
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (rows[at]?.kind === "host" ? HOST_PX : PORT_PX),
    getItemKey: (at) => keyOf(rows[at], at),
    overscan: 16,
  });
  return (
    <Card aria-label="Differences" className="min-w-0 overflow-hidden">
      <div className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h2 className="num text-sm font-semibold">{counted(hosts.length, "host")}</h2>
        <p role="status" className="text-xs text-muted">
          {hint}
        </p>
        <div className="ml-auto flex gap-2">
          <Button size="sm" variant="quiet" onClick={() => turnAll(true)}>
            Unfold all
          </Button>
          <Button size="sm" variant="quiet" onClick={() => turnAll(false)}>
            Fold all
          </Button>
        </div>
      </div>
      <Fade box={scroller}>
        <div
          ref={scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
          tabIndex={0}
          role="table"
          aria-label="Hosts that differ, and their ports before and after"
          aria-rowcount={rows.length + 1}
          className="max-h-[75dvh] min-h-40 overflow-auto"
        >
          <div className="min-w-[46rem]">
            <Head before={before} after={after} />
            <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map((item) => {
                const row = rows[item.index];
                if (!row) return null;
                return (
                  <div
                    key={item.key}
                    role="row"
                    aria-rowindex={item.index + 2}
                    className={cx(
                      GRID,
                      "absolute inset-x-0 text-sm",
                      row.kind === "host"
                        ? "border-t border-line bg-surface"
                        : "bg-canvas text-[13px]",
                    )}
                    style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                  >
                    {row.kind === "host" ? (
                      <HostCells row={row} before={before} after={after} turn={turn} />
                    ) : (
                      <PortCells port={row.port} host={row.host} before={before} after={after} />
                    )}
                  </div>
                );
              })}
            </div>
          </div>
        </div>
      </Fade>
    </Card>
  );
}

const GRID =
  "grid grid-cols-[minmax(13rem,1.1fr)_10.5rem_minmax(10rem,1.3fr)_1.5rem_minmax(10rem,1.3fr)] items-center gap-x-3 px-4";

function keyOf(row: DiffRow | undefined, at: number): string | number {
  if (!row) return at;
  const { address } = row.host;
  return row.kind === "host" ? address : `${address} ${row.port.port}/${row.port.protocol}`;
}

function Head({ before, after }: { before: number; after: number }) {
  const cell = "py-2 font-medium";
  return (
    <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
      <div role="row" aria-rowindex={1} className={cx(GRID, "text-xs text-muted")}>
        <span role="columnheader" className={cell}>
          Host and port
        </span>
        <span role="columnheader" className={cell}>
          Difference
        </span>
        <span role="columnheader" className={cell}>
          In #{before}
        </span>
        <span role="columnheader" className={cell}>
          <span className="sr-only">to</span>
        </span>
        <span role="columnheader" className={cell}>
          In #{after}
        </span>
      </div>
    </div>
  );
}

function HostCells({
  row,
  before,
  after,
  turn,
}: {
  row: Extract<DiffRow, { kind: "host" }>;
  before: number;
  after: number;
  turn: (host: DiffHost) => void;
}) {
  const { host, isOpen } = row;
  const name = host.hostname ? visible(host.hostname) : null;
  return (
    <>
      <span role="cell" className="flex min-w-0 items-center gap-1">
        {host.ports.length > 0 ? (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`Ports of ${host.address}`}
            onClick={() => turn(host)}
            className="-ml-1.5 inline-flex size-7 shrink-0 items-center justify-center rounded text-muted hover:bg-hover"
          >
            <ChevronRight aria-hidden className={cx("size-4", isOpen && "rotate-90")} />
          </button>
        ) : (
          <span className="w-5 shrink-0" />
        )}
        <Link
          to="/addresses/$address"
          params={{ address: host.address }}
          className="num truncate py-1 font-medium text-accent hover:underline"
          title={host.address}
        >
          {host.address}
        </Link>
        {name ? (
          <bdi className="min-w-0 truncate text-xs text-muted" title={name}>
            {name}
          </bdi>
        ) : null}
      </span>
      <span role="cell">
        <KindBadge change={host.change} label={hostKind(host.change, before, after)} />
      </span>
      <Known known={host.before} />
      <Arrow />
      <Known known={host.after}>
        {host.ports.length > 0 ? (
          <span className="num text-xs text-muted">
            {counted(
              host.ports.length,
              host.change === "changed" ? "port differs" : "port",
              host.change === "changed" ? "ports differ" : "ports",
            )}
          </span>
        ) : null}
      </Known>
    </>
  );
}

function Known({ known, children }: { known: DiffHost["before"]; children?: React.ReactNode }) {
  const sure = known === "up" || known === "down";
  return (
    <span role="cell" className="flex items-center justify-between gap-2">
      <span className={cx("flex items-center gap-1.5", !sure && "text-info italic")}>
        <span
          aria-hidden
          className={cx(
            "size-2.5 rounded-full",
            known === "up" ? "bg-v-up" : known === "down" ? "bg-v-down" : "border border-info",
          )}
        />
        {KNOWN[known]}
      </span>
      {children}
    </span>
  );
}

function Arrow() {
  return (
    <span role="cell" className="text-muted">
      <ArrowRight aria-hidden className="size-4" />
    </span>
  );
}

function PortCells({
  port,
  host,
  before,
  after,
}: {
  port: DiffPort;
  host: DiffHost;
  before: number;
  after: number;
}) {
  // Of a host that one scan only knows up, the host's row says what there is to say.
  const isOfHost = host.before !== "up" || host.after !== "up";
  return (
    <>
      <span role="cell" className="num pl-7 font-medium">
        {port.port}/{port.protocol}
      </span>
      <span role="cell">
        {isOfHost ? null : (
          <KindBadge change={port.change} label={portKind(port.change, before, after)} />
        )}
      </span>
      <Side side={port.before} known={host.before} other={port.after} />
      <Arrow />
      <Side side={port.after} known={host.after} other={port.before} />
    </>
  );
}

function Side({
  side,
  known,
  other,
}: {
  side: DiffPort["before"];
  known: DiffHost["before"];
  other: DiffPort["before"];
}) {
  const state = visible(stateOf(side, known));
  if (!isFound(side))
    return (
      <span
        role="cell"
        className="truncate text-info italic"
        title={
          side.state === "not_listed"
            ? "It may have been probed: this nmap does not say which ports it only counts"
            : "This scan did not look at the port: nothing is known of it"
        }
      >
        {state}
      </span>
    );
  const parts = serviceParts(side, other);
  return (
    <span role="cell" className="flex min-w-0 items-center gap-2">
      <Badge tone={portTone(side.state)}>{state}</Badge>
      <bdi
        className="min-w-0 truncate text-muted"
        title={visible(parts.map((part) => part.text).join(" "))}
      >
        {parts.map((part) => (
          <span key={part.text} className={cx(part.differs && "font-semibold text-text")}>
            {visible(part.text)}{" "}
          </span>
        ))}
      </bdi>
    </span>
  );
}

/** What the diff says of ports, in figures. */
export function portCounts(summary: {
  ports_appeared: number;
  ports_vanished: number;
  ports_changed: number;
  ports_only_one: number;
}): string {
  return [
    `${count(summary.ports_appeared)} opened`,
    `${count(summary.ports_vanished)} no longer open`,
    `${count(summary.ports_changed)} changed`,
    `${count(summary.ports_only_one)} known to one scan only`,
  ].join(", ");
}
