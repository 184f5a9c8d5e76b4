// What is known of a host besides its ports: system, card, names, the way to it, scripts.
import { type ReactNode, useState } from "react";
import type { Host } from "@/api/client";
import { Button, Card, CardHead, Time } from "@/components/basics";
import { Scanned } from "@/components/hosts";
import { duration } from "@/lib/format";
import { visible } from "@/lib/text";
import { ScriptView } from "./script";

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-2 px-4 py-1.5 text-sm">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

/** When the host was started, as far as nmap guesses: its clock then, less its uptime. */
function bootTime(host: Host): string | null {
  const seen = host.finished_at ?? host.started_at;
  if (host.uptime_secs == null || !seen) return null;
  return new Date(new Date(seen).getTime() - 1000 * host.uptime_secs).toISOString();
}

export function FactsCard({ host, children }: { host: Host; children?: ReactNode }) {
  const boot = bootTime(host);
  return (
    <Card>
      <CardHead title="Facts" />
      <dl className="py-1.5">
        {children}
        {host.hostnames.length > 0 ? (
          <Row label="Names">
            {host.hostnames.map((name) => (
              <p key={`${name.kind}${name.name}`} className="break-all">
                <bdi>{visible(name.name)}</bdi>{" "}
                <span className="text-xs text-muted">
                  {name.kind === "user" ? "as the target was written" : visible(name.kind)}
                </span>
              </p>
            ))}
          </Row>
        ) : null}
        {host.mac ? (
          <Row label="Card">
            <span className="font-mono text-xs">{visible(host.mac.address)}</span>
            {host.mac.vendor ? <span> {visible(host.mac.vendor)}</span> : null}
          </Row>
        ) : null}
        {host.uptime_secs != null ? (
          <Row label="Up for">
            <span className="num">{duration(1000 * host.uptime_secs)}</span>{" "}
            <span className="text-xs text-muted">
              as guessed
              {boot ? (
                <>
                  , since <Time at={boot} as="date" />
                </>
              ) : null}
            </span>
          </Row>
        ) : null}
        {host.distance != null ? (
          <Row label="Distance">
            <span className="num">
              {host.distance} {host.distance === 1 ? "hop" : "hops"}
            </span>
          </Row>
        ) : null}
      </dl>
    </Card>
  );
}

export { Row as Fact };

/** Guesses that are shown before more are asked for. */
const FEW = 4;

export function OsCard({ host }: { host: Host }) {
  const [all, setAll] = useState(false);
  if (host.os.length === 0) return null;
  const shown = all ? host.os : host.os.slice(0, FEW);
  return (
    <Card>
      <CardHead title="Operating system" hint="guesses of nmap, best first" />
      <ol className="py-1">
        {shown.map((match) => (
          <OsRow key={match.name} match={match} />
        ))}
      </ol>
      {host.os.length > FEW ? (
        <div className="px-2 pb-2">
          <Button size="sm" variant="quiet" onClick={() => setAll(!all)}>
            {all ? "Fewer" : `${host.os.length - FEW} more`}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

function OsRow({ match }: { match: Host["os"][number] }) {
  const name = visible(match.name);
  return (
    <li className="px-4 py-1.5 text-sm">
      <div className="flex items-baseline gap-2">
        <bdi className="min-w-0 flex-1 truncate" title={name}>
          {name}
        </bdi>
        <span className="num text-xs text-muted">{match.accuracy} %</span>
      </div>
      <div aria-hidden className="my-1 h-1 rounded-full bg-sunken">
        <div
          className="h-1 rounded-full bg-accent"
          style={{ width: `${Math.min(100, match.accuracy)}%` }}
        />
      </div>
      {match.cpe.map((cpe) => (
        <Scanned key={cpe} text={cpe} className="font-mono text-xs text-muted" />
      ))}
    </li>
  );
}

export function TraceCard({ host }: { host: Host }) {
  if (host.traceroute.length === 0) return null;
  return (
    <Card className="overflow-hidden">
      <CardHead title="The way to it" />
      <table className="w-full table-fixed text-sm">
        <thead className="text-left text-xs text-muted">
          <tr className="border-b border-line">
            <th className="w-14 px-4 py-1.5 text-right font-medium">Hop</th>
            <th className="px-2 py-1.5 font-medium">Address</th>
            <th className="w-24 px-4 py-1.5 text-right font-medium">Round trip</th>
          </tr>
        </thead>
        <tbody>
          {host.traceroute.map((hop) => (
            <tr key={hop.ttl} className="border-b border-line last:border-b-0">
              <td className="num px-4 py-1 text-right">{hop.ttl}</td>
              <td className="px-2 py-1">
                <Scanned text={hop.address} className="num" />
                {hop.host ? <Scanned text={hop.host} className="text-xs text-muted" /> : null}
              </td>
              <td className="num px-4 py-1 text-right">
                {hop.rtt_us == null ? "–" : `${(hop.rtt_us / 1000).toFixed(2)} ms`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

export function HostScripts({ host }: { host: Host }) {
  if (host.scripts.length === 0) return null;
  return (
    <Card>
      <CardHead title="Scripts" hint="of the host as a whole" />
      <div className="flex flex-col gap-2 p-3">
        {host.scripts.map((script) => (
          <ScriptView key={script.id} script={script} />
        ))}
      </div>
    </Card>
  );
}
