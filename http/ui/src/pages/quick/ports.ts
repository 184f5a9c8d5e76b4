// Hosts as rows of ports, for a table. Pure.
import type { Host, HostPort } from "@/api/client";

export interface PortRow {
  key: string;
  host: Host;
  /** Null for a host of which no port is known. */
  port: HostPort | null;
  /** Whether it is the first of its host: only there the host's name stands. */
  isFirst: boolean;
}

/** Ports that are open, or may be, come first; closed ones are left out when there are others. */
export function portRows(hosts: readonly Host[]): PortRow[] {
  return hosts.flatMap((host) => {
    const open = host.ports.filter((port) => port.state.startsWith("open"));
    const shown: (HostPort | null)[] = open.length > 0 ? open : [null];
    return shown.map((port, at) => ({
      key: `${host.id}/${port ? `${port.protocol}${port.port_number}` : ""}`,
      host,
      port,
      isFirst: at === 0,
    }));
  });
}

/** What a host without an open port says in its row. */
export function noPorts(host: Host): string {
  const known = host.ports.length;
  if (host.verdict !== "up") return "";
  return known > 0 ? `no open port; ${known} others known` : "no open port";
}
