// How many hosts have what, beside a list of them: a click narrows the list down, another widens it.
import { ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import { count, counted } from "@/lib/format";
import type { Facets, HostFilter } from "@/lib/hosts";
import { visible } from "@/lib/text";
import { Button, Card, cx } from "./basics";

const FEW = 8;
/** Rows of each kind that the server tells at most. */
const SERVER_MOST = 50;

function longest(facets: Facets): number {
  return Math.max(facets.ports.length, facets.services.length, facets.products.length);
}

interface Entry {
  key: string;
  label: ReactNode;
  said: string;
  count: number;
  isSet: boolean;
  change: HostFilter;
}

function Group({
  title,
  entries,
  onFilter,
}: {
  title: string;
  entries: Entry[];
  onFilter: (change: HostFilter) => void;
}) {
  const [all, setAll] = useState(false);
  if (entries.length === 0) return null;
  const shown = all ? entries : entries.slice(0, FEW);
  const most = Math.max(...entries.map((entry) => entry.count));
  return (
    <section className="border-t border-line px-2 py-2 first:border-t-0">
      <h3 className="px-2 pb-1 text-xs font-semibold text-muted">{title}</h3>
      <ul className={cx(all && "max-h-80 overflow-y-auto")}>
        {shown.map((entry) => (
          <li key={entry.key}>
            <button
              type="button"
              aria-pressed={entry.isSet}
              title={entry.said}
              onClick={() => onFilter(entry.change)}
              className={cx(
                "relative flex h-7 w-full items-center gap-2 rounded px-2 text-left text-sm hover:bg-hover",
                entry.isSet && "bg-accent-soft font-medium text-accent hover:bg-accent-soft",
              )}
            >
              <span className="min-w-0 flex-1 truncate">{entry.label}</span>
              <span className="num text-xs">{count(entry.count)}</span>
              <span
                aria-hidden
                className="absolute bottom-0.5 left-2 h-px bg-accent opacity-50"
                style={{ width: `calc(${(100 * entry.count) / most}% - 1rem)` }}
              />
            </button>
          </li>
        ))}
      </ul>
      {entries.length > FEW ? (
        <Button size="sm" variant="quiet" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${count(entries.length - FEW)} more`}
        </Button>
      ) : null}
    </section>
  );
}

function entriesOf(facets: Facets, filter: HostFilter) {
  const texts = (kind: "service" | "product", values: Facets["services"]): Entry[] =>
    values.map(({ value, count: hosts }) => {
      const isSet = filter[kind]?.toLowerCase() === value.toLowerCase();
      const label = visible(value);
      const change = { [kind]: isSet ? undefined : value };
      return { key: value, label: <bdi>{label}</bdi>, said: label, count: hosts, isSet, change };
    });
  const ports = facets.ports.map((port): Entry => {
    const isSet =
      filter.port === port.port && (!filter.protocol || filter.protocol === port.protocol);
    const change: HostFilter = isSet
      ? { port: undefined, protocol: undefined, state: undefined }
      : { port: port.port, protocol: port.protocol, state: filter.state ?? "open" };
    const said = visible(`${port.port}/${port.protocol} ${port.service ?? ""}`.trim());
    const label = (
      <>
        <span className="num">
          {port.port}/{port.protocol}
        </span>{" "}
        <span className="text-muted">{visible(port.service ?? "")}</span>
      </>
    );
    return { key: said, label, said, count: port.count, isSet, change };
  });
  return {
    ports,
    services: texts("service", facets.services),
    products: texts("product", facets.products),
  };
}

/** The panel. On a narrow screen it is folded until it is wanted. */
export function FacetPanel({
  facets,
  source,
  filter,
  onFilter,
}: {
  facets: Facets;
  /** Who counted: the server, over all hosts of the scan, or this page, over the rows it has. */
  source: "server" | "page";
  filter: HostFilter;
  onFilter: (change: HostFilter) => void;
}) {
  const [open, setOpen] = useState(false);
  const entries = entriesOf(facets, filter);
  const none = entries.ports.length + entries.services.length + entries.products.length === 0;
  return (
    <Card aria-label="Narrow down" className="self-start overflow-hidden">
      <h2 className="lg:sr-only">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex h-10 w-full items-center gap-2 px-4 text-sm font-semibold"
        >
          Ports, services, products
          <ChevronDown aria-hidden className={cx("ml-auto size-4", open && "rotate-180")} />
        </button>
      </h2>
      <div className={cx("lg:block", open ? "block border-t border-line lg:border-t-0" : "hidden")}>
        <Group
          title={filter.state && filter.state !== "open" ? `Ports ${filter.state}` : "Open ports"}
          entries={entries.ports}
          onFilter={onFilter}
        />
        <Group title="Services" entries={entries.services} onFilter={onFilter} />
        <Group title="Products" entries={entries.products} onFilter={onFilter} />
        {none ? <p className="px-4 py-3 text-sm text-muted">No open ports found.</p> : null}
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          {source === "server" && longest(facets) >= SERVER_MOST
            ? `The ${SERVER_MOST} most frequent of each. `
            : null}
          {facets.complete
            ? `Of ${counted(facets.hosts, "host")}.`
            : source === "page"
              ? `Of the ${counted(facets.hosts, "host")} loaded so far only.`
              : `Counted over ${counted(facets.hosts, "host")}; there are more, so each number is a lower bound.`}
        </p>
      </div>
    </Card>
  );
}
