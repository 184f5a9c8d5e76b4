// Filters of lists of hosts: fields that write to the URL, and what is set, to be taken away.
import { SlidersHorizontal, X } from "lucide-react";
import { type ComponentProps, useEffect, useId, useRef, useState } from "react";
import {
  conditions,
  type HostFilter,
  PORT_STATES,
  type PortState,
  PROTOCOLS,
  type Protocol,
} from "@/lib/hosts";
import { visible } from "@/lib/text";
import { Button, cx, Input, Select } from "./basics";

/** A field that tells its value a moment after the last key, or at Enter, so that no key waits. */
export function LaterInput({
  value,
  onValue,
  ...rest
}: Omit<ComponentProps<"input">, "value" | "onChange"> & {
  value: string;
  onValue: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  // Changed from outside: by a facet, a chip, or the browser's "back".
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  const tell = (next: string) => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    if (next.trim() === told.current.trim()) return;
    told.current = next.trim();
    onValue(next.trim());
  };
  return (
    <Input
      {...rest}
      value={text}
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        if (timer.current) clearTimeout(timer.current);
        timer.current = setTimeout(() => tell(next), 350);
      }}
      onKeyDown={(event) => event.key === "Enter" && tell(text)}
      onBlur={() => tell(text)}
    />
  );
}

interface Props {
  filter: HostFilter;
  onFilter: (change: HostFilter) => void;
  placeholder: string;
  /** Beside the fields: more choices of the page. */
  children?: React.ReactNode;
}

/** The fields. Those used less are folded away until they are wanted or set. */
export function HostFilters({ filter, onFilter, placeholder, children }: Props) {
  const rest = { ...filter, q: undefined, verdict: undefined, port: undefined };
  const [open, setOpen] = useState(conditions(rest) > 0);
  const more = useId();
  return (
    <search className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <LaterInput
          type="search"
          aria-label="Find hosts"
          placeholder={placeholder}
          className="min-w-48 flex-1 basis-60"
          value={filter.q ?? ""}
          onValue={(text) => onFilter({ q: text || undefined })}
        />
        {children}
        <LaterInput
          aria-label="Port"
          placeholder="Port"
          inputMode="numeric"
          className="num w-20!"
          value={filter.port === undefined ? "" : String(filter.port)}
          onValue={(text) => onFilter({ port: portOf(text) })}
        />
        <Button
          aria-expanded={open}
          aria-controls={more}
          onClick={() => setOpen(!open)}
          className={cx(open && "bg-hover")}
        >
          <SlidersHorizontal aria-hidden className="size-4" />
          More
        </Button>
      </div>
      <div id={more} hidden={!open} className="grid grid-cols-2 gap-2 sm:grid-cols-4">
        {open ? <MoreFilters filter={filter} onFilter={onFilter} /> : null}
      </div>
    </search>
  );
}

function portOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function MoreFilters({ filter, onFilter }: Pick<Props, "filter" | "onFilter">) {
  return (
    <>
      <Select
        aria-label="State of the port"
        value={filter.state ?? ""}
        onChange={(event) => onFilter({ state: (event.target.value || undefined) as PortState })}
      >
        <option value="">Any state</option>
        {PORT_STATES.map((state) => (
          <option key={state}>{state}</option>
        ))}
      </Select>
      <Select
        aria-label="Protocol"
        value={filter.protocol ?? ""}
        onChange={(event) => onFilter({ protocol: (event.target.value || undefined) as Protocol })}
      >
        <option value="">Any protocol</option>
        {PROTOCOLS.map((protocol) => (
          <option key={protocol}>{protocol}</option>
        ))}
      </Select>
      <LaterInput
        aria-label="Service"
        placeholder="Service, as http"
        value={filter.service ?? ""}
        onValue={(text) => onFilter({ service: text || undefined })}
      />
      <LaterInput
        aria-label="Product"
        placeholder="Product, as nginx"
        value={filter.product ?? ""}
        onValue={(text) => onFilter({ product: text || undefined })}
      />
    </>
  );
}

export interface Chip {
  label: string;
  onRemove: () => void;
}

/** What is set, each to be taken away by a click. */
export function FilterChips({ chips, onClear }: { chips: Chip[]; onClear: () => void }) {
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Filters set" className="flex flex-wrap items-center gap-1.5">
      {chips.map((chip) => (
        <li key={chip.label}>
          <Button
            size="sm"
            className="max-w-64"
            title="Take this filter away"
            onClick={chip.onRemove}
          >
            <span className="truncate">{visible(chip.label)}</span>
            <X aria-hidden className="size-3 shrink-0" />
          </Button>
        </li>
      ))}
      {chips.length > 1 ? (
        <li>
          <Button size="sm" variant="quiet" onClick={onClear}>
            Clear all
          </Button>
        </li>
      ) : null}
    </ul>
  );
}

/** The chips of a filter. */
export function hostChips(filter: HostFilter, onFilter: (change: HostFilter) => void): Chip[] {
  const names: Record<keyof HostFilter, string> = {
    q: "Text",
    address: "Address",
    verdict: "Verdict",
    port: "Port",
    protocol: "Protocol",
    state: "State",
    service: "Service",
    product: "Product",
  };
  return (Object.keys(names) as (keyof HostFilter)[])
    .filter((key) => filter[key] !== undefined)
    .map((key) => ({
      label: `${names[key]}: ${filter[key]}`,
      onRemove: () => onFilter({ [key]: undefined }),
    }));
}

/** Takes every condition away. */
export const NO_FILTER: HostFilter = {
  q: undefined,
  address: undefined,
  verdict: undefined,
  port: undefined,
  protocol: undefined,
  state: undefined,
  service: undefined,
  product: undefined,
};
