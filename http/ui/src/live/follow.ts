// Does something after events of a scan, for as long as the part of the page that asks is shown.
import { useEffect, useRef } from "react";
import type { LiveEvent, LiveScan } from "./scan";
import { Throttle } from "./throttle";

/** Calls `act` after such events, at most once in so many milliseconds. */
export function useAfter(
  live: LiveScan,
  events: ReadonlySet<string>,
  ms: number,
  act: () => void,
): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const throttle = new Throttle(ms, () => latest.current());
    const stop = live.listen((event: LiveEvent) => {
      if (events.has(event.event)) throttle.ask();
    });
    return () => {
      stop();
      throttle.stop();
    };
  }, [live, events, ms]);
}
