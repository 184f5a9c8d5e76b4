// The target space in blocks, with the way in and out, its legend and the same as a table.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, Grid2x2, Rows3 } from "lucide-react";
import { Fragment, useState } from "react";
import type { Scan } from "@/api/client";
import { keys } from "@/api/queries";
import { Button, Card, CardHead, cx } from "@/components/basics";
import { Empty, Loaded, LoadingRows } from "@/components/states";
import { count, counted } from "@/lib/format";
import { useAfter } from "@/live/follow";
import type { LiveScan } from "@/live/scan";
import { addressOf, blockSize, SHARES, type Share, shareOf } from "./map";
import { MapCanvas } from "./map-canvas";
import { MapTable } from "./map-table";
import { type MapCell, mapQuery, type ScanMap } from "./queries";
import { useScanSearch } from "./search";

const CHANGES: ReadonlySet<string> = new Set([
  "host",
  "scan_progress",
  "scan_complete",
  "batch_start",
  "batch_complete",
  "batch_failed",
  "batch_stopped",
  "gap",
]);

const SHARE_LABEL: Record<Share, string> = {
  up: "up",
  timed_out: "timed out",
  running: "running now",
  unfinished: "unfinished",
  down: "down",
  excluded: "excluded",
};

const SHARE_MARK: Record<Share, string> = {
  up: "bg-v-up",
  timed_out: "bg-v-timed-out",
  running: "bg-v-running",
  unfinished: "bg-v-unfinished",
  down: "bg-v-down",
  excluded: "bg-v-excluded",
};

/** A block in words. */
function saidOf(cell: MapCell): string {
  const parts = SHARES.filter((share) => shareOf(cell, share) > 0).map(
    (share) => `${count(shareOf(cell, share))} ${SHARE_LABEL[share]}`,
  );
  const open = cell.open_ports > 0 ? `, ${counted(cell.open_ports, "host")} with open ports` : "";
  return `${cell.block}: ${parts.join(", ")}${open}`;
}

export function MapView({
  scan,
  live,
  compact = false,
}: {
  scan: Scan;
  live: LiveScan;
  compact?: boolean;
}) {
  const [search, change] = useScanSearch();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [pointed, setPointed] = useState<MapCell | null>(null);
  const within = compact ? [] : search.within;
  const query = useQuery(mapQuery(scan.id, within.at(-1)));
  useAfter(live, CHANGES, 2_000, () => {
    void client.invalidateQueries({ queryKey: keys.map(scan.id) });
  });
  const enter = (cell: MapCell) => {
    const address = addressOf(cell.block);
    if (address) {
      void navigate({ to: "/addresses/$address", params: { address } });
    } else if (compact) {
      void navigate({
        to: "/scans/$scanId/$tab",
        params: { scanId: String(scan.id), tab: "map" },
        search: { within: cell.block } as never,
      });
    } else {
      setPointed(null);
      change({ within: [...within, cell.block] }, true);
    }
  };
  const back = () => {
    if (within.length > 0) change({ within: within.slice(0, -1) }, true);
  };
  const asTable = search.view === "table" && !compact;
  return (
    <Card>
      <CardHead
        title="Target space"
        hint={compact ? "each square is a block of addresses" : undefined}
        actions={
          compact ? (
            <Link
              to="/scans/$scanId/$tab"
              params={{ scanId: String(scan.id), tab: "map" }}
              className="-my-1.5 py-1.5 text-xs text-accent underline"
            >
              Larger map
            </Link>
          ) : (
            <Button size="sm" onClick={() => change({ view: asTable ? undefined : "table" }, true)}>
              {asTable ? (
                <Grid2x2 aria-hidden className="size-3.5" />
              ) : (
                <Rows3 aria-hidden className="size-3.5" />
              )}
              {asTable ? "As a map" : "As a table"}
            </Button>
          )
        }
      />
      {compact ? null : (
        <Crumbs scanId={scan.id} within={within} onGo={(to) => change({ within: to }, true)} />
      )}
      <Loaded
        query={query}
        loading={
          <div className={compact ? "min-h-68" : "min-h-[38rem]"}>
            <LoadingRows rows={compact ? 6 : 12} />
          </div>
        }
      >
        {(map) =>
          map.families.length === 0 ? (
            <Empty title="No address here">
              {within.length > 0
                ? "The scan has no address in this block."
                : "The scan has no target with an address."}
            </Empty>
          ) : asTable ? (
            <MapTable map={map} onEnter={enter} />
          ) : (
            <Drawn
              map={map}
              compact={compact}
              pointed={pointed}
              onPoint={setPointed}
              onEnter={enter}
              onBack={back}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

function Drawn({
  map,
  compact,
  pointed,
  onPoint,
  onEnter,
  onBack,
}: {
  map: ScanMap;
  compact: boolean;
  pointed: MapCell | null;
  onPoint: (cell: MapCell | null) => void;
  onEnter: (cell: MapCell) => void;
  onBack: () => void;
}) {
  return (
    <div className="flex flex-col gap-3 p-4">
      {map.families.map((family) => (
        <section key={family.family} aria-label={family.family === "ipv6" ? "IPv6" : "IPv4"}>
          <p className="mb-1.5 text-xs text-muted">
            {family.family === "ipv6" ? "IPv6" : "IPv4"} · {counted(family.cells.length, "block")}{" "}
            of /{family.prefix}, {blockSize(family)}
          </p>
          <MapCanvas
            family={family}
            height={compact ? 150 : 420}
            label={`Map of ${counted(family.cells.length, "block")}. Arrows go from block to block, Enter zooms in, Backspace out. “As a table” shows the same as text.`}
            onPoint={onPoint}
            onEnter={onEnter}
            onBack={onBack}
          />
        </section>
      ))}
      <p
        aria-live="polite"
        className={cx("num min-h-10 text-sm sm:min-h-5", !pointed && "text-muted")}
      >
        {pointed ? saidOf(pointed) : "Point at a block to see what is in it."}
      </p>
      <Legend />
      {map.truncated ? (
        <p className="text-xs text-warn">
          There are more hosts with open ports than are looked at for one map: dots are missing.
        </p>
      ) : null}
    </div>
  );
}

function Legend() {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {SHARES.map((share) => (
        <li key={share} className="flex items-center gap-1.5">
          <span aria-hidden className={cx("size-2.5 rounded-xs", SHARE_MARK[share])} />
          {SHARE_LABEL[share]}
        </li>
      ))}
      <li className="flex items-center gap-1.5">
        <span aria-hidden className="flex size-3 items-center justify-center rounded-xs bg-v-up">
          <span className="size-1 rounded-full bg-surface" />
        </span>
        has open ports
      </li>
    </ul>
  );
}

function Crumbs({
  scanId,
  within,
  onGo,
}: {
  scanId: number;
  within: string[];
  onGo: (to: string[]) => void;
}) {
  const here = within.at(-1);
  return (
    <nav
      aria-label="Zoom"
      className="flex min-h-9 flex-wrap items-center gap-1 border-b border-line px-4 py-1 text-sm"
    >
      <Button variant="quiet" size="sm" disabled={within.length === 0} onClick={() => onGo([])}>
        All targets
      </Button>
      {within.map((block, at) => (
        <Fragment key={block}>
          <ChevronRight aria-hidden className="size-3 text-muted" />
          {at === within.length - 1 ? (
            <span aria-current="location" className="num px-1 text-xs font-medium">
              {block}
            </span>
          ) : (
            <Button variant="quiet" size="sm" onClick={() => onGo(within.slice(0, at + 1))}>
              {block}
            </Button>
          )}
        </Fragment>
      ))}
      {here ? (
        <Link
          to="/scans/$scanId/$tab"
          params={{ scanId: String(scanId), tab: "hosts" }}
          search={{ address: here } as never}
          className="ml-auto text-xs text-accent underline"
        >
          Hosts in this block
        </Link>
      ) : null}
    </nav>
  );
}
