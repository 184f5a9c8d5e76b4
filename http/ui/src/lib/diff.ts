// A comparison of two scans: how it is read line by line, narrowed down, and laid out in rows.
import type { Schemas } from "@/api/client";

export type DiffHost = Schemas["DiffHost"];
export type DiffPort = Schemas["DiffPort"];
export type DiffSummary = Schemas["DiffSummary"];
export type DiffSide = Schemas["DiffSide"];
export type Change = Schemas["Change"];

/** Kinds of difference, in the order of their urgency. */
export const CHANGES = [
  "changed",
  "appeared",
  "vanished",
  "only_after",
  "only_before",
] as const satisfies Change[];

/** Hosts that a page keeps at most; the rest is counted, and is in the download. */
const HOSTS_MAX = 100_000;

export interface DiffState {
  sides: { before: DiffSide; after: DiffSide } | null;
  hosts: DiffHost[];
  /** Hosts that had no room. */
  dropped: number;
  /** The last line; without it the answer broke off. */
  summary: DiffSummary | null;
}

export const EMPTY: DiffState = { sides: null, hosts: [], dropped: 0, summary: null };

/** Takes a line of the answer. Hosts are added to the same list: a diff may have many. */
export function takeLine(state: DiffState, line: string, most = HOSTS_MAX): DiffState {
  if (line.trim() === "") return state;
  const read = JSON.parse(line) as Schemas["DiffLine"];
  if ("scans" in read) return { ...state, sides: read.scans };
  if ("summary" in read) return { ...state, summary: read.summary };
  if (state.hosts.length >= most) return { ...state, dropped: state.dropped + 1 };
  state.hosts.push(read.host);
  return state;
}

/** The lines of a text that comes in pieces; the last one too when it has no end. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
  if (rest !== "") yield [rest];
}

export interface DiffFilter {
  kinds: readonly Change[];
  text: string;
}

/** Whether a host has one of the kinds (all when none is set) and the text in it or its ports. */
export function matches(host: DiffHost, filter: DiffFilter): boolean {
  if (filter.kinds.length > 0 && !filter.kinds.includes(host.change)) return false;
  const wanted = filter.text.trim().toLowerCase();
  if (wanted === "") return true;
  const has = (text: string | null | undefined) => text?.toLowerCase().includes(wanted) ?? false;
  const side = (one: DiffPort["before"]) =>
    has(one.service) || has(one.product) || has(one.version) || has(one.extra_info);
  return (
    has(host.address) ||
    has(host.hostname) ||
    host.ports.some(
      (port) =>
        `${port.port}/${port.protocol}`.startsWith(wanted) || side(port.before) || side(port.after),
    )
  );
}

export type DiffRow =
  | { kind: "host"; host: DiffHost; isOpen: boolean }
  | { kind: "port"; host: DiffHost; port: DiffPort; isLast: boolean };

/** Hosts and, of those unfolded, their ports, as rows of one list. */
export function rowsOf(hosts: readonly DiffHost[], isOpen: (host: DiffHost) => boolean): DiffRow[] {
  const rows: DiffRow[] = [];
  for (const host of hosts) {
    const open = host.ports.length > 0 && isOpen(host);
    rows.push({ kind: "host", host, isOpen: open });
    if (!open) continue;
    host.ports.forEach((port, at) => {
      rows.push({ kind: "port", host, port, isLast: at === host.ports.length - 1 });
    });
  }
  return rows;
}

export const KNOWN: Record<Schemas["Known"], string> = {
  up: "up",
  down: "down",
  timed_out: "timed out",
  unfinished: "not finished",
  not_scanned: "not scanned",
};

/**
 * What a scan says of a port. Of one that it did not look at, that is all that is said: it is never
 * called closed. Of a host that was not up, the host's state says why.
 */
export function stateOf(side: DiffPort["before"], known: Schemas["Known"]): string {
  if (side.state === "not_listed") return "not listed";
  if (side.state !== "not_probed") return side.state;
  return known === "up" ? "not probed" : `host ${KNOWN[known]}`;
}

/** Whether the scan looked at the port, so that its state is a finding. */
export function isFound(side: DiffPort["before"]): boolean {
  return side.state !== "not_probed" && side.state !== "not_listed";
}

export interface ServicePart {
  text: string;
  /** Whether the other side has another one, or none. */
  differs: boolean;
}

/** What a side tells of the service, part by part, and which parts the other side tells otherwise. */
export function serviceParts(side: DiffPort["before"], other: DiffPort["before"]): ServicePart[] {
  const names = ["service", "product", "version", "extra_info"] as const;
  return names.flatMap((name) => {
    const text = side[name]?.trim();
    if (!text) return [];
    const differs = isFound(other) && text !== other[name]?.trim();
    return [{ text: name === "extra_info" ? `(${text})` : text, differs }];
  });
}
