// Where everything is kept: how it is, how large, and what to do when something is wrong.
import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { callerQuery } from "@/api/queries";
import {
  Badge,
  Bytes,
  Card,
  CardHead,
  Notice,
  Num,
  Skeleton,
  type Tone,
} from "@/components/basics";
import { Loaded } from "@/components/states";
import { duration } from "@/lib/format";
import { meanOf } from "./metrics";
import { Command, Fact, Facts, ReadAt } from "./parts";
import { processQuery, systemNowQuery } from "./queries";

type Health = Schemas["StoreHealth"];

const HEALTH: Record<Health, { tone: Tone; label: string; mend: string | null }> = {
  ok: { tone: "good", label: "Well", mend: null },
  low: {
    tone: "warn",
    label: "Little room",
    mend: "New scans are refused; those that run go on. Free room on the disk of the data directory, or delete scans that are not needed: new ones are taken again by themselves.",
  },
  full: {
    tone: "danger",
    label: "Disk full",
    mend: "Nothing new starts. Free room on the disk of the data directory: the store recovers by itself, and scans go on.",
  },
  degraded: {
    tone: "danger",
    label: "Cannot be written",
    mend: "Look at the disk and at the rights of the data directory. The store is tried again by itself; when it stays so, stop the server and run the check below.",
  },
  damaged: {
    tone: "danger",
    label: "Damaged",
    mend: "Stop the server, keep a copy of the data directory, and run the check below. It names what is damaged; with --repair it mends what can be mended, and salvage copies all that is sound into a new file.",
  },
};

export function StoreTab() {
  const query = useQuery(systemNowQuery);
  return (
    <Loaded query={query} loading={<Skeleton className="h-72 w-full" />}>
      {(system) => {
        const health = HEALTH[system.store_health];
        return (
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <Card>
              <CardHead
                title="Store"
                hint={<ReadAt query={query} />}
                actions={<Badge tone={health.tone}>{health.label}</Badge>}
              />
              {health.mend ? (
                <div className="px-4 pt-3">
                  <Notice
                    tone={health.tone === "warn" ? "warn" : "danger"}
                    title={system.store_problem ?? health.label}
                  >
                    {health.mend}
                  </Notice>
                </div>
              ) : null}
              <Facts>
                <Fact name="Size of its file">
                  <Bytes value={system.store_bytes} />
                </Fact>
                <Fact name="Free on its disk">
                  <Bytes value={system.free_bytes} />
                </Fact>
                <Fact name="Opened">
                  <Num value={system.epoch} />{" "}
                  <span className="text-muted">
                    {system.epoch === 1 ? "time" : "times"} (its epoch)
                  </span>
                </Fact>
                <Writing />
              </Facts>
            </Card>
            <Care />
          </div>
        );
      }}
    </Loaded>
  );
}

/** How writing goes, as the metrics tell. */
function Writing() {
  const { data: caller } = useQuery(callerQuery);
  const seesAll = caller !== undefined && caller.projects == null;
  const { data } = useQuery({ ...processQuery, enabled: seesAll });
  if (!data) return null;
  const mean = meanOf(data, "netscan_store_commit_duration_seconds");
  const failures = data.get("netscan_store_failures_total") ?? 0;
  const reopenings = data.get("netscan_store_reopenings_total") ?? 0;
  return (
    <>
      <Fact name="Commits since start">
        <Num value={data.get("netscan_store_commit_duration_seconds_count") ?? 0} />
        {mean === null ? null : (
          <span className="text-muted">, {duration(mean * 1000)} each on average</span>
        )}
      </Fact>
      <Fact name="Writes waiting">
        <Num value={data.get("netscan_store_writes_queued") ?? 0} />
      </Fact>
      <Fact name="Failed writes">
        <span className={failures > 0 ? "text-danger" : undefined}>
          <Num value={failures} />
        </span>
      </Fact>
      <Fact name="Opened again after faults">
        <span className={reopenings > 0 ? "text-warn" : undefined}>
          <Num value={reopenings} />
        </span>
      </Fact>
    </>
  );
}

function Care() {
  return (
    <Card>
      <CardHead title="Looking after it" hint="on the server, while it is stopped" />
      <div className="flex flex-col gap-3 px-4 py-3 text-sm">
        <Command line="netscan store check" does="verifies all of it" />
        <Command line="netscan store backup FILE" does="copies it, and verifies the copy" />
        <Command line="netscan store compact" does="gives freed room back to the disk" />
        <Command line="netscan store check --repair" does="mends what can be mended" />
        <p className="text-muted">
          Raw output takes most of the room. Deleting scans frees it inside the file, for the next
          scans; only compacting makes the file smaller.
        </p>
      </div>
    </Card>
  );
}
