// What all nmap processes together use of what they may.
import type { SystemInfo } from "@/api/client";
import { Card, cx } from "@/components/basics";
import { bytes, count, counted } from "@/lib/format";

/** A part of a whole, as a bar with its figures. */
function Gauge({
  label,
  used,
  all,
  text,
  hint,
}: {
  label: string;
  used: number;
  /** Null when there is no bound. */
  all: number | null;
  text: string;
  hint: string;
}) {
  const share = all === null || all === 0 ? 0 : Math.min(1, used / all);
  return (
    <div className="min-w-0 px-4 py-3">
      <p className="truncate text-xs text-muted">{label}</p>
      <p className="num truncate text-xl font-semibold">{text}</p>
      <div
        aria-hidden
        className={cx(
          "mt-1 h-1.5 overflow-hidden rounded-full bg-sunken",
          all === null && "invisible",
        )}
      >
        <div
          className={cx("h-full rounded-full", share > 0.9 ? "bg-v-timed-out" : "bg-v-running")}
          style={{ width: `${share * 100}%` }}
        />
      </div>
      <p className="mt-1 truncate text-xs text-muted" title={hint}>
        {hint}
      </p>
    </div>
  );
}

export function Capacity({ system }: { system: SystemInfo }) {
  const governor = system.governor;
  const used = governor?.slots_in_use ?? system.slots_in_use;
  const slots = governor?.slots ?? system.slots;
  const rate = governor?.packet_rate ?? null;
  const dealt = governor?.packet_rate_dealt ?? 0;
  const disk = system.store_bytes + system.free_bytes;
  return (
    <Card
      aria-label="What is in use"
      className="mb-4 grid grid-cols-2 divide-line max-lg:gap-y-1 lg:grid-cols-4 lg:divide-x"
    >
      <Gauge
        label="Scans that have not ended"
        used={0}
        all={null}
        text={count(system.active_scans)}
        hint={
          governor && governor.waiting > 0
            ? `${counted(governor.waiting, "batch waits", "batches wait")}${governor.waits_for ? ` for ${governor.waits_for.replaceAll("_", " ")}` : ""}`
            : "no batch waits"
        }
      />
      <Gauge
        label="nmap processes"
        used={used}
        all={slots}
        text={`${count(used)} of ${count(slots)}`}
        hint="slots in use"
      />
      <Gauge
        label="Packets a second"
        used={dealt}
        all={rate}
        text={rate === null ? "no bound" : `${count(dealt)} of ${count(rate)}`}
        hint={
          governor && governor.unbounded > 0
            ? `${counted(governor.unbounded, "process", "processes")} without a bound`
            : rate === null
              ? "nothing holds nmap back"
              : "dealt to what runs now"
        }
      />
      <Gauge
        label="Store"
        used={system.store_bytes}
        all={disk}
        text={bytes(system.store_bytes)}
        hint={`${bytes(system.free_bytes)} free on its disk`}
      />
    </Card>
  );
}
