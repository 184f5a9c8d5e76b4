// The ports of a host: open ones first, what runs on them, and what scripts found there.
import { ChevronRight } from "lucide-react";
import { useId, useMemo, useRef, useState } from "react";
import type { Host, HostPort, Schemas } from "@/api/client";
import { Badge, Button, Card, CardHead, cx, Input, Select } from "@/components/basics";
import { Fade } from "@/components/fade";
import { ProvisionalChips, Scanned } from "@/components/hosts";
import { portTone } from "@/components/verdicts";
import { count, counted } from "@/lib/format";
import { byImportance, serviceLine } from "@/lib/hosts";
import { visibleLines } from "@/lib/scanned";
import { visible } from "@/lib/text";
import { ScriptView } from "./script";

/** Rows that are drawn before more are asked for. */
const FEW = 200;
/** Hosts with no more scripts than these show them all at once. */
const SHORT = 12;

/** Whether a port has what is typed: its number, state, service, product, or what a script found. */
function portMatches(port: HostPort, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return true;
  const has = (value: string | null | undefined) => value?.toLowerCase().includes(wanted) ?? false;
  return (
    `${port.port}/${port.protocol}`.startsWith(wanted) ||
    has(port.state) ||
    has(port.service_name) ||
    has(serviceLine(port)) ||
    (port.service?.cpe ?? []).some(has) ||
    port.scripts.some((script) => has(script.id) || has(script.output))
  );
}

export function PortsCard({ host }: { host: Host }) {
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const [most, setMost] = useState(FEW);
  const scripts = host.ports.reduce((sum, port) => sum + port.scripts.length, 0);
  const [opened, setOpened] = useState<ReadonlySet<number>>(() => {
    const few = scripts <= SHORT ? host.ports.filter(hasFindings) : [];
    return new Set(few.map((port) => port.id));
  });
  const ports = useMemo(() => byImportance(host.ports), [host.ports]);
  const states = useMemo(() => [...new Set(ports.map((port) => port.state))], [ports]);
  const found = ports.filter(
    (port) => (state === "" || port.state === state) && portMatches(port, text),
  );
  const detailed = ports.filter(hasDetails).map((port) => port.id);
  const allOpen = detailed.length > 0 && detailed.every((id) => opened.has(id));
  const toggle = (id: number) => {
    const next = new Set(opened);
    if (!next.delete(id)) next.add(id);
    setOpened(next);
  };
  return (
    <Card aria-label="Ports" className="min-w-0 overflow-hidden">
      <CardHead
        title="Ports"
        hint={hintOf(host)}
        actions={
          ports.length > 0 ? (
            <>
              <Input
                type="search"
                aria-label="Find a port"
                placeholder="Port, service, script"
                className="h-8! w-44!"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
              {states.length > 1 ? (
                <Select
                  aria-label="State"
                  className="h-8!"
                  value={state}
                  onChange={(event) => setState(event.target.value)}
                >
                  <option value="">Any state</option>
                  {states.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              ) : null}
              {detailed.length > 0 ? (
                <Button
                  size="sm"
                  onClick={() => setOpened(allOpen ? new Set() : new Set(detailed))}
                >
                  {allOpen ? "Fold all" : "Unfold all"}
                </Button>
              ) : null}
            </>
          ) : null
        }
      />
      <Provisional ports={host.provisional_ports} />
      {ports.length > 0 ? (
        <Fade box={box}>
          <div ref={box} className="overflow-x-auto">
            <table className="w-full min-w-[42rem] table-fixed text-sm">
              <thead className="text-left text-xs text-muted">
                <tr className="border-b border-line">
                  <th className="w-28 px-3 py-2 font-medium">Port</th>
                  <th className="w-32 px-3 py-2 font-medium">State and reason</th>
                  <th className="w-32 px-3 py-2 font-medium">Service</th>
                  <th className="px-3 py-2 font-medium">Product, version, CPE</th>
                  <th className="w-28 px-3 py-2 text-right font-medium">Confidence</th>
                </tr>
              </thead>
              <tbody>
                {found.slice(0, most).map((port) => (
                  <PortRows
                    key={port.id}
                    port={port}
                    isOpen={opened.has(port.id)}
                    onToggle={() => toggle(port.id)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </Fade>
      ) : null}
      {ports.length > 0 && found.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">No port matches.</p>
      ) : null}
      {found.length > most ? (
        <div className="border-t border-line p-2 text-center">
          <Button size="sm" onClick={() => setMost(most + 1000)}>
            {count(found.length - most)} more
          </Button>
        </div>
      ) : null}
      <ExtraPorts extra={host.extra_ports} listed={ports.length} />
    </Card>
  );
}

function hintOf(host: Host): string {
  const open = host.ports.filter((port) => port.state === "open").length;
  return `${count(open)} open of ${count(host.ports.length)} listed`;
}

/** Whether scripts found more there than what an unknown service answered. */
function hasFindings(port: HostPort): boolean {
  return port.scripts.some((script) => script.id !== RAW);
}

function hasDetails(port: HostPort): boolean {
  return port.scripts.length > 0 || Boolean(port.service?.fingerprint);
}

const RAW = "fingerprint-strings";

/** Scripts in their order; what an unknown service answered comes last, as it is long. */
function byUse(scripts: Schemas["Script"][]): Schemas["Script"][] {
  return [...scripts].sort((a, b) => Number(a.id === RAW) - Number(b.id === RAW));
}

function PortRows({
  port,
  isOpen,
  onToggle,
}: {
  port: HostPort;
  isOpen: boolean;
  onToggle: () => void;
}) {
  const id = useId();
  const service = port.service;
  const label = `${port.port}/${port.protocol}`;
  return (
    <>
      <tr className={cx("border-b border-line align-middle", isOpen && "border-b-0")}>
        <th scope="row" className="num px-3 py-1.5 text-left font-medium">
          {hasDetails(port) ? (
            <button
              type="button"
              aria-expanded={isOpen}
              aria-controls={id}
              aria-label={`${label}, what scripts found`}
              onClick={onToggle}
              className="-ml-1.5 inline-flex min-h-7 items-center gap-1 rounded pr-1 hover:bg-hover"
            >
              <ChevronRight aria-hidden className={cx("size-4", isOpen && "rotate-90")} />
              {label}
            </button>
          ) : (
            <span className="pl-3.5">{label}</span>
          )}
        </th>
        <td className="px-3 py-1.5" title={`because of ${visible(port.reason)}`}>
          <Badge tone={portTone(port.state)}>{port.state}</Badge>
          <span className="block truncate text-xs text-muted">{visible(port.reason)}</span>
        </td>
        <td className="px-3 py-1.5">
          <Scanned
            text={service ? `${service.tunnel ? `${service.tunnel}/` : ""}${service.name}` : null}
          />
        </td>
        <td className="px-3 py-1.5">
          <Scanned text={serviceLine(port)} />
          {service?.hostname || service?.os_type || service?.device_type ? (
            <Scanned
              className="text-xs text-muted"
              text={[service.hostname, service.os_type, service.device_type]
                .filter(Boolean)
                .join(", ")}
            />
          ) : null}
          {service?.cpe.map((cpe) => (
            <Scanned key={cpe} text={cpe} className="font-mono text-xs text-muted" />
          ))}
        </td>
        <td className="num px-3 py-1.5 text-right">
          {service ? <Confidence service={service} /> : <Scanned text={null} />}
        </td>
      </tr>
      {isOpen ? (
        <tr id={id} className="border-b border-line">
          <td colSpan={5} className="px-3 pb-3">
            <div className="flex flex-col gap-2 max-lg:sticky max-lg:left-3 max-lg:max-w-[calc(100vw-4.5rem)]">
              {byUse(port.scripts).map((script) => (
                <ScriptView key={script.id} script={script} />
              ))}
              {service?.fingerprint ? <Fingerprint text={service.fingerprint} /> : null}
            </div>
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Confidence({ service }: { service: Schemas["Service"] }) {
  const guessed = service.method === "table";
  return (
    <span
      title={
        guessed
          ? "Named after the port's number only: nothing was asked"
          : `nmap asked the service, and is ${service.confidence} of 10 sure`
      }
      className={cx(guessed && "text-muted")}
    >
      {guessed ? "by number" : `${service.confidence} / 10`}
    </span>
  );
}

function Fingerprint({ text }: { text: string }) {
  return (
    <details className="rounded-md border border-line bg-canvas px-3 py-1">
      <summary className="min-h-7 text-xs font-medium">
        What the service answered, for nmap.org to learn it ({counted(text.length, "sign")})
      </summary>
      <pre className="max-h-64 overflow-auto py-2 font-mono text-xs break-all whitespace-pre-wrap">
        {visibleLines(text)}
      </pre>
    </details>
  );
}

function Provisional({ ports }: { ports: Schemas["PortId"][] }) {
  if (ports.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-warn-soft px-4 py-2 text-sm">
      <span className="font-semibold text-warn">Not confirmed</span>
      <span>announced as open before nmap was cut off:</span>
      <ProvisionalChips ports={ports} />
    </div>
  );
}

function ExtraPorts({ extra, listed }: { extra: Schemas["ExtraPorts"][]; listed: number }) {
  const some = extra.filter((ports) => ports.count > 0);
  if (some.length === 0)
    return listed === 0 ? (
      <p className="px-4 py-6 text-center text-sm text-muted">
        No port is listed: the scan asked for none, or did not come to them.
      </p>
    ) : null;
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1 px-4 py-2.5 text-xs text-muted">
      {some.map((ports) => (
        <li key={ports.state}>
          <span className="num">
            {counted(ports.count, listed > 0 ? "more port" : "port")} {visible(ports.state)}
          </span>
          {ports.reasons.length > 0 ? (
            <span>
              {" "}
              ({ports.reasons.map((one) => `${visible(one.reason)} ${count(one.count)}`).join(", ")}
              )
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
