// How a host and its ports look in a list. What comes from the network is text, made safe to look at.
import { Link } from "@tanstack/react-router";
import type { Host, HostPort, Schemas } from "@/api/client";
import { openPorts, osGuess, serviceLine, services } from "@/lib/hosts";
import { visible } from "@/lib/text";
import { Badge, cx, Time } from "./basics";
import type { Column } from "./table";
import { VerdictBadge } from "./verdicts";

/** A text from the network on one line; the whole when the pointer rests on it. */
export function Scanned({
  text,
  className,
}: {
  text: string | null | undefined;
  className?: string;
}) {
  if (!text?.trim()) return <span className="text-muted">–</span>;
  const shown = visible(text);
  return (
    <bdi title={shown} className={cx("block truncate", className)}>
      {shown}
    </bdi>
  );
}

function portLabel(port: { port: number; protocol: string }): string {
  return port.protocol === "tcp" ? String(port.port) : `${port.port}/${port.protocol}`;
}

/** The open ports of a host: as many as fit, then how many more. */
function PortChips({ ports, most = 4 }: { ports: readonly HostPort[]; most?: number }) {
  if (ports.length === 0) return <span className="text-muted">none open</span>;
  const more = ports.slice(most);
  const said = (port: HostPort) =>
    visible(
      `${port.port}/${port.protocol} ${port.state} ${port.service_name ?? ""} ${serviceLine(port)}`,
    ).trim();
  return (
    <span className="flex items-center gap-1 overflow-hidden">
      {ports.slice(0, most).map((port) => (
        <Badge key={port.id} tone="good" className="num" title={said(port)}>
          {portLabel(port)}
        </Badge>
      ))}
      {more.length > 0 ? (
        <span className="num text-xs text-muted" title={more.map(said).join("\n")}>
          +{more.length}
        </span>
      ) : null}
    </span>
  );
}

/** Open ports that nmap announced and did not get to confirm. */
export function ProvisionalChips({ ports }: { ports: readonly Schemas["PortId"][] }) {
  return (
    <span className="flex flex-wrap items-center gap-1">
      {ports.map((port) => (
        <Badge
          key={`${port.number}/${port.protocol}`}
          tone="warn"
          className="num border-dashed"
          title="Announced by nmap, not confirmed"
        >
          {portLabel({ port: port.number, protocol: port.protocol })}?
        </Badge>
      ))}
    </span>
  );
}

function Ports({ host }: { host: Host }) {
  const open = openPorts(host);
  if (open.length === 0 && host.provisional_ports.length > 0)
    return <ProvisionalChips ports={host.provisional_ports.slice(0, 5)} />;
  if (host.ports.length + host.extra_ports.length === 0)
    return (
      <span className="text-muted" title="No port is listed: the scan may not have probed any">
        –
      </span>
    );
  return <PortChips ports={open} />;
}

function HostLink({ host }: { host: Host }) {
  return (
    <Link
      to="/hosts/$hostId"
      params={{ hostId: String(host.id) }}
      className="num inline-block max-w-full truncate py-1 align-middle font-medium text-accent hover:underline"
      title={host.address}
    >
      {host.address}
    </Link>
  );
}

/** A guess at an operating system with how sure nmap is of it. */
function OsGuess({ match }: { match: Schemas["OsMatch"] | null }) {
  if (!match) return <span className="text-muted">–</span>;
  const name = visible(match.name);
  return (
    <span className="flex min-w-0 items-baseline gap-1.5" title={`${name}, ${match.accuracy} %`}>
      <bdi className="truncate">{name}</bdi>
      <span className="num text-xs text-muted">{match.accuracy} %</span>
    </span>
  );
}

const col = (
  id: string,
  header: string,
  cell: (host: Host) => React.ReactNode,
  meta: Column<Host>["meta"],
  sorts = false,
): Column<Host> => ({
  id,
  header,
  accessorFn: (host: Host) => host.id,
  cell: ({ row }) => cell(row.original),
  enableSorting: sorts,
  sortDescFirst: id === "ports" || id === "finished",
  meta,
});

/** The columns of a list of hosts, sorted by the page; `wide` when it has addresses of IPv6. */
export function hostColumns(wide: boolean): Column<Host>[] {
  return [
    col("address", "Address", (host) => <HostLink host={host} />, { width: wide ? 18 : 9 }, true),
    col("verdict", "Verdict", (host) => <VerdictBadge verdict={host.verdict} />, { width: 7.5 }),
    col("ports", "Open ports", (host) => <Ports host={host} />, { width: 13 }, true),
    col("services", "Services", (host) => <Scanned text={services(host).join(", ")} />, {
      grow: 1.6,
    }),
    col("name", "Name", (host) => <Scanned text={host.hostname} />, { grow: 1 }, true),
    col("os", "OS guess", (host) => <OsGuess match={osGuess(host)} />, { grow: 1 }),
    col(
      "finished",
      "Finished",
      (host) => <Time at={host.finished_at} />,
      { width: 7.5, align: "right" },
      true,
    ),
  ];
}
