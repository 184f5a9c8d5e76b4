// What the form of limits sends: only what differs, in the server's units.
import type { Schemas } from "@/api/client";

type Governor = Pick<Schemas["Governor"], "slots" | "packet_rate" | "memory_reserve_bytes">;

/** The fields as they are typed; the reserve in MiB. A field that is not there was not touched. */
export type LimitsDraft = Partial<Record<LimitName, string>>;
export type LimitName = "slots" | "packet_rate" | "memory_reserve_bytes";
export const LIMIT_NAMES: readonly LimitName[] = ["slots", "packet_rate", "memory_reserve_bytes"];

const MIB = 1024 * 1024;

/** The fields as they stand on the server. */
export function shownLimits(governor: Governor): Record<LimitName, string> {
  return {
    slots: String(governor.slots),
    packet_rate: String(governor.packet_rate ?? 0),
    memory_reserve_bytes: String(Math.round(governor.memory_reserve_bytes / MIB)),
  };
}

/** What to send, or what is wrong before anything is sent. What reads as it stands is left out. */
export function limitsChange(
  governor: Governor,
  draft: LimitsDraft,
): { change: Schemas["LimitsRequest"]; wrong: Partial<Record<LimitName, string>> } {
  const stands = shownLimits(governor);
  const change: Schemas["LimitsRequest"] = {};
  const wrong: Partial<Record<LimitName, string>> = {};
  for (const name of LIMIT_NAMES) {
    const typed = draft[name]?.replace(/[\s,_]/g, "");
    if (typed === undefined || typed === stands[name]) continue;
    const value = Number(typed);
    if (!/^\d+$/.test(typed) || !Number.isSafeInteger(value * MIB)) {
      wrong[name] = "Write a whole number.";
    } else {
      change[name] = name === "memory_reserve_bytes" ? value * MIB : value;
    }
  }
  return { change, wrong };
}
