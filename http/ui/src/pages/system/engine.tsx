// What the engine is made of, what it may use, and what it does now.
import { useQuery } from "@tanstack/react-query";
import type { SystemInfo } from "@/api/client";
import { callerQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { Badge, Bytes, Card, CardHead, Notice, Num, Skeleton, Stat } from "@/components/basics";
import { Loaded } from "@/components/states";
import { count, duration } from "@/lib/format";
import { LimitsForm } from "./limits-form";
import { Fact, Facts, Figures, ReadAt } from "./parts";
import { processQuery, systemNowQuery } from "./queries";

/** For what batches wait, and what to do for it. */
const WAITS: Record<string, string> = {
  slots: "for slots: all are taken; raise the limit, or wait for nmaps to end",
  packet_rate: "for packets: all of the rate is dealt out; raise it, or wait",
  memory: "for memory: too little is free; lower the reserve, or free some",
  processors: "for processors: they are busy; more nmaps would not be faster",
};

function waitsFor(waits: string | null | undefined): string {
  return waits ? (WAITS[waits] ?? `for ${waits}`) : "no batch waits";
}

export function Engine() {
  const query = useQuery(systemNowQuery);
  return (
    <Loaded query={query} loading={<Skeleton className="h-96 w-full" />}>
      {(system) => (
        <div className="flex flex-col gap-4">
          <Now system={system} />
          <div className="flex justify-end">
            <ReadAt query={query} />
          </div>
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <div className="flex min-w-0 flex-col gap-4">
              <Nmap system={system} />
              <Privileges system={system} />
              <SandboxCard system={system} />
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <Limits system={system} />
              <ProcessCard system={system} />
              <Fixed system={system} />
            </div>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Now({ system }: { system: SystemInfo }) {
  const governor = system.governor;
  const slots = governor?.slots ?? system.slots;
  const used = governor?.slots_in_use ?? system.slots_in_use;
  const rate = governor?.packet_rate ?? null;
  const waiting = governor?.waiting ?? 0;
  return (
    <Figures>
      <Stat
        label="nmaps running"
        value={`${count(used)} of ${count(slots)}`}
        hint={used > slots ? "more than the limit, until some end" : "slots in use"}
        tone={used > slots ? "warn" : undefined}
      />
      <Stat
        label="Packets a second dealt"
        value={count(governor?.packet_rate_dealt ?? 0)}
        hint={rate === null ? "without a bound" : `of ${count(rate)}, loopback apart`}
      />
      <Stat
        label="Batches waiting"
        value={count(waiting)}
        hint={<span title={waitsFor(governor?.waits_for)}>{waitsFor(governor?.waits_for)}</span>}
        tone={waiting > 0 ? "warn" : undefined}
      />
      <Stat label="Scans under way" value={count(system.active_scans)} hint="not ended yet" />
      <Stat label="Up for" value={duration(system.uptime_ms)} hint={`process ${system.pid}`} />
      <Stat label="Epoch" value={count(system.epoch)} hint="starts on this store" />
    </Figures>
  );
}

function Nmap({ system }: { system: SystemInfo }) {
  const { nmap } = system;
  return (
    <Card>
      <CardHead
        title="Programs"
        actions={
          <Badge tone={nmap ? "good" : "danger"}>{nmap ? "nmap usable" : "no usable nmap"}</Badge>
        }
      />
      {nmap ? null : (
        <div className="px-4 pt-3">
          <Notice tone="danger" title="No scan can run">
            {system.nmap_problem ?? "No nmap was found."} Scans that run wait, and go on by
            themselves once it is mended.
          </Notice>
        </div>
      )}
      <Facts>
        <Fact name="netscan">{system.version}</Fact>
        {nmap ? (
          <>
            <Fact name="nmap">{nmap.version}</Fact>
            <Fact name="Its program">
              <code className="font-mono text-xs">{nmap.path}</code>
            </Fact>
            <Fact name="Its data">
              <code className="font-mono text-xs">{nmap.datadir ?? "where nmap looks"}</code>
            </Fact>
          </>
        ) : null}
      </Facts>
    </Card>
  );
}

/** What needs raw sockets, and what takes its place without. */
const NEEDS_RAW: [flag: string, what: string, instead: string][] = [
  ["-sS", "SYN scans", "are done as connect scans (-sT)"],
  ["-sU", "UDP scans", "are refused"],
  ["-O", "OS detection and --traceroute", "are left out, with a note"],
  ["-PE", "ICMP pings", "give way to TCP pings, with a note"],
];

function Privileges({ system }: { system: SystemInfo }) {
  const raw = system.raw_sockets;
  return (
    <Card>
      <CardHead
        title="Privileges"
        actions={
          <Badge tone={raw ? "good" : "warn"}>{raw ? "raw sockets" : "no raw sockets"}</Badge>
        }
      />
      <p className="px-4 pt-3 text-sm break-words">{system.privilege}.</p>
      <ul className="flex flex-col gap-1.5 px-4 py-3 text-sm">
        {NEEDS_RAW.map(([flag, what, instead]) => (
          <li key={flag} className="grid grid-cols-[3rem_minmax(0,1fr)] gap-x-2">
            <code className="font-mono text-xs leading-5 text-muted">{flag}</code>
            <span>
              {what}
              {raw ? <span className="text-muted"> work</span> : null}
              {raw ? null : <span className="text-warn"> {instead}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const LAYER: Record<string, { tone: "good" | "danger" | "neutral"; label: string }> = {
  on: { tone: "good", label: "on" },
  missing: { tone: "danger", label: "missing" },
  not_needed: { tone: "neutral", label: "not needed" },
};

function SandboxCard({ system }: { system: SystemInfo }) {
  const { mode, layers } = system.sandbox;
  const missing = layers.filter((layer) => layer.state === "missing").length;
  return (
    <Card>
      <CardHead
        title="Sandbox around each nmap"
        hint={`mode ${mode.replace("_", " ")}`}
        actions={
          <Badge tone={mode === "off" || missing > 0 ? "warn" : "good"}>
            {mode === "off" ? "off" : missing > 0 ? `${missing} missing` : "whole"}
          </Badge>
        }
      />
      {mode === "off" ? (
        <p className="px-4 pt-3 text-sm text-warn">
          nmap runs with all rights of the server. Start it without{" "}
          <code className="font-mono text-xs">--sandbox off</code>.
        </p>
      ) : null}
      <ul className="divide-y divide-line">
        {layers.map((layer) => (
          <li
            key={layer.name}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-3 px-4 py-2 text-sm"
          >
            <span className="min-w-0">
              <span className="font-medium">{layer.name.replaceAll("_", " ")}</span>
              <span className="block text-xs break-words text-muted">{layer.detail}</span>
            </span>
            <Badge tone={LAYER[layer.state]?.tone ?? "neutral"}>
              {LAYER[layer.state]?.label ?? layer.state}
            </Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Limits({ system }: { system: SystemInfo }) {
  const isAdmin = useMay("admin");
  const governor = system.governor;
  if (!governor) return null;
  return (
    <Card>
      <CardHead title="Limits of all nmaps together" hint="They hold for what starts next" />
      {governor.unbounded > 0 && governor.packet_rate != null ? (
        <div className="px-4 pt-3">
          <Notice tone="warn">
            {count(governor.unbounded)} nmaps run without a bound of packets, from before one was
            set. Nothing starts until they have ended.
          </Notice>
        </div>
      ) : null}
      {isAdmin ? (
        <LimitsForm governor={governor} />
      ) : (
        <Facts>
          <Fact name="Slots">{count(governor.slots)}</Fact>
          <Fact name="Packets a second">
            {governor.packet_rate == null ? "no bound" : count(governor.packet_rate)}
          </Fact>
          <Fact name="Memory reserve">
            <Bytes value={governor.memory_reserve_bytes} />
          </Fact>
          <Fact name="To change them">the role admin is needed</Fact>
        </Facts>
      )}
    </Card>
  );
}

function ProcessCard({ system }: { system: SystemInfo }) {
  const { data: caller } = useQuery(callerQuery);
  // Who sees some projects only is refused the metrics: not asked for, so that nothing is refused.
  const seesAll = caller !== undefined && caller.projects == null;
  const query = useQuery({ ...processQuery, enabled: seesAll });
  const metric = (name: string) => query.data?.get(name);
  const memory = metric("process_resident_memory_bytes");
  const cpu = metric("process_cpu_seconds_total");
  const files = metric("process_open_fds");
  const filesMax = metric("process_max_fds");
  return (
    <Card>
      <CardHead title="Memory and disk" actions={<ReadAt query={query} />} />
      <Facts>
        <Fact name="Memory of the server">
          {memory === undefined ? (
            <span className="text-muted">{seesAll ? "not told" : "not told to this token"}</span>
          ) : (
            <>
              <Bytes value={memory} /> <span className="text-muted">its nmaps apart</span>
            </>
          )}
        </Fact>
        <Fact name="Memory reserve">
          <Bytes value={system.governor?.memory_reserve_bytes ?? 0} />{" "}
          <span className="text-muted">left to others</span>
        </Fact>
        {cpu === undefined ? null : <Fact name="Processor time">{duration(cpu * 1000)}</Fact>}
        {files === undefined ? null : (
          <Fact name="Open files">
            <Num value={files} />
            {filesMax === undefined ? null : (
              <span className="text-muted"> of {count(filesMax)}</span>
            )}
          </Fact>
        )}
        <Fact name="Store">
          <Bytes value={system.store_bytes} />
        </Fact>
        <Fact name="Free on its disk">
          <Bytes value={system.free_bytes} />
        </Fact>
      </Facts>
    </Card>
  );
}

/** Bounds that are built in, for who meets one. */
function Fixed({ system }: { system: SystemInfo }) {
  const limits = Object.entries(system.limits).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Card>
      <details>
        <summary className="flex min-h-11 items-center gap-3 px-4 py-2 text-sm font-semibold">
          Other bounds
          <span className="text-xs font-normal text-muted">{limits.length} of them, fixed</span>
        </summary>
        <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-1.5 border-t border-line px-4 py-3 text-sm">
          {limits.map(([name, value]) => (
            <div key={name} className="col-span-2 grid grid-cols-subgrid">
              <dt className="truncate text-muted" title={name}>
                {name.replaceAll("_", " ").replace(/ max$/, ", at most")}
              </dt>
              <dd className="text-right">
                {name.includes("bytes") ? <Bytes value={value} /> : <Num value={value} />}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  );
}
