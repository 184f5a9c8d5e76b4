// What lists of hosts say, worked out of hosts as the server sends them.
import type { Host, HostPort, Schemas } from "@/api/client";
import { compareAddresses } from "./address";
import { aNumber, aText, oneOf } from "./search-params";

export type Protocol = Schemas["Protocol"];
export const PROTOCOLS = ["tcp", "udp", "sctp", "ip"] as const satisfies Protocol[];
export const PORT_STATES = [
  "open",
  "closed",
  "filtered",
  "unfiltered",
  "open|filtered",
  "closed|filtered",
] as const;
export type PortState = (typeof PORT_STATES)[number];

/** Which hosts to list, as the API takes it. */
export interface HostFilter {
  q?: string;
  address?: string;
  verdict?: "up" | "timed_out" | "unfinished";
  port?: number;
  protocol?: Protocol;
  state?: PortState;
  service?: string;
  product?: string;
}

/** How a filter is read from a URL; the verdict is the page's own. */
export const HOST_PARAMS = {
  q: aText,
  address: aText,
  port: aNumber(0, 65_535),
  protocol: oneOf(PROTOCOLS),
  state: oneOf(PORT_STATES),
  service: aText,
  product: aText,
  sort: aText,
};

/** How many of a filter's conditions are set. */
export function conditions(filter: HostFilter): number {
  return Object.values(filter).filter((value) => value !== undefined).length;
}

/** The ports to show first: open, then those that may be, then others; each by number. */
export function byImportance(ports: readonly HostPort[]): HostPort[] {
  const rank = (port: HostPort) =>
    port.state === "open" ? 0 : port.state.startsWith("open") ? 1 : port.state === "closed" ? 3 : 2;
  return [...ports].sort(
    (a, b) => rank(a) - rank(b) || a.protocol.localeCompare(b.protocol) || a.port - b.port,
  );
}

export function openPorts(host: Host): HostPort[] {
  return byImportance(host.ports).filter((port) => port.state === "open");
}

/** The service of a port in one line: name, product, version, extra. */
export function serviceLine(port: HostPort): string {
  const service = port.service;
  if (!service) return "";
  return [service.product, service.version, service.extra_info ? `(${service.extra_info})` : null]
    .filter((part): part is string => Boolean(part?.trim()))
    .map((part) => part.trim())
    .join(" ");
}

/** What runs on a host, each once, in the order of its open ports: product, else the service. */
export function services(host: Host): string[] {
  const found = openPorts(host).map(
    (port) => port.service_product?.trim() || port.service_name || "",
  );
  return [...new Set(found.filter((name) => name !== ""))];
}

/** The best guess at an operating system. */
export function osGuess(host: Host): Schemas["OsMatch"] | null {
  return host.os[0] ?? null;
}

/** What a list can be sorted by, besides the order in which the server tells it. */
const SORT_KEYS = ["address", "name", "ports", "finished"] as const;
export interface Sort {
  key: (typeof SORT_KEYS)[number];
  desc: boolean;
}

/** Reads `address` or `-address`. */
export function readSort(text: string): Sort | undefined {
  const desc = text.startsWith("-");
  const key = SORT_KEYS.find((one) => one === text.slice(desc ? 1 : 0));
  return key && { key, desc };
}

export function writeSort(sort: Sort): string {
  return `${sort.desc ? "-" : ""}${sort.key}`;
}

/** Hosts in another order than the server's; equal ones stay as they come, unknown ones come last. */
export function sorted(hosts: readonly Host[], sort: Sort | undefined): Host[] {
  if (!sort) return [...hosts];
  const way = sort.desc ? -1 : 1;
  const texts = (a: string | null | undefined, b: string | null | undefined) =>
    a && b ? way * a.localeCompare(b) : Number(!a) - Number(!b);
  const order: Record<Sort["key"], (a: Host, b: Host) => number> = {
    address: (a, b) => way * compareAddresses(a.address, b.address),
    name: (a, b) => texts(a.hostname, b.hostname),
    ports: (a, b) => way * (openPorts(a).length - openPorts(b).length),
    finished: (a, b) => texts(a.finished_at, b.finished_at),
  };
  return [...hosts].sort(order[sort.key]);
}

/**
 * In which order hosts of all scans came, in words: from the newest scan on, or, when they were found
 * by their addresses, in the order of these. The server chooses, and does not say.
 */
export function orderFound(hosts: readonly Pick<Host, "id" | "scan_id">[]): string {
  const isByScan = hosts.every((host, at) => {
    const before = hosts[at - 1];
    if (!before) return true;
    return (
      before.scan_id > host.scan_id || (before.scan_id === host.scan_id && before.id < host.id)
    );
  });
  return isByScan ? "newest scan first, then in the order found" : "in the order of addresses";
}

/** How many hosts have what: beside a list, to narrow it down. */
export type Facets = Schemas["HostFacets"];

function counted<Value extends string>(values: Iterable<Value>): { value: Value; count: number }[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}

/** Facets of the hosts at hand, where the server does not count them; of ports in one state. */
export function facetsOf(
  hosts: readonly Host[],
  complete: boolean,
  state: PortState = "open",
): Facets {
  const ports = new Map<string, Facets["ports"][number]>();
  const names: string[] = [];
  const products: string[] = [];
  for (const host of hosts) {
    const open = host.ports.filter((port) => port.state === state);
    for (const port of open) {
      const key = `${port.port}/${port.protocol}`;
      const known = ports.get(key);
      if (known) known.count += 1;
      else
        ports.set(key, {
          protocol: port.protocol,
          port: port.port,
          service: port.service_name,
          count: 1,
        });
    }
    const each = (values: (string | null | undefined)[]) =>
      new Set(values.filter((value): value is string => Boolean(value)));
    names.push(...each(open.map((port) => port.service_name)));
    products.push(...each(open.map((port) => port.service_product)));
  }
  return {
    hosts: hosts.length,
    verdicts: counted(hosts.map((host) => host.verdict)),
    ports: [...ports.values()].sort((a, b) => b.count - a.count || a.port - b.port),
    services: counted(names),
    products: counted(products),
    complete,
  };
}

/** Hosts that a scan lists by now, as far as its counts say: those up or given up on. */
export function listedHosts(verdicts: Schemas["VerdictCounts"]): number {
  return verdicts.up + verdicts.timed_out;
}
