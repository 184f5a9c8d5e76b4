// Targets and lines a second over the time that this page is open.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { Card, CardHead, useNow } from "@/components/basics";
import { count, timeOfDay } from "@/lib/format";
import { rates } from "@/live/rates";
import type { LiveScan } from "@/live/scan";

const HEIGHT = 180;

function colours(): Record<"a" | "b" | "line" | "muted", string> {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name);
  return { a: of("--accent"), b: of("--v-unfinished"), line: of("--line"), muted: of("--muted") };
}

function options(width: number): uPlot.Options {
  const ink = colours();
  const axis: uPlot.Axis = {
    stroke: ink.muted,
    font: "11px Inter Variable, system-ui, sans-serif",
    grid: { stroke: ink.line, width: 1 },
    ticks: { show: false },
  };
  const perSecond = (_: uPlot, ticks: number[]) => ticks.map((tick) => count(tick));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true }, targets: { range: above }, lines: { range: above } },
    axes: [
      { ...axis, space: 80, values: clock },
      { ...axis, scale: "targets", size: 52, values: perSecond },
      { ...axis, scale: "lines", side: 1, size: 52, values: perSecond, grid: { show: false } },
    ],
    series: [
      {},
      { scale: "targets", stroke: ink.a, width: 2, points: { show: false } },
      { scale: "lines", stroke: ink.b, width: 1.5, dash: [4, 3], points: { show: false } },
    ],
  };
}

/** The time of day as on the rest of the page. */
function clock(_: uPlot, ticks: number[]): string[] {
  return ticks.map((tick) => timeOfDay(new Date(tick * 1_000).toISOString()));
}

/** From nothing to a little above the highest, so that a steady rate is no line at the edge. */
function above(_: uPlot, __: number | null, max: number | null): uPlot.Range.MinMax {
  return [0, Math.max(1, (max ?? 0) * 1.15)];
}

/** Grows when the page's theme changes, as a canvas does not follow CSS by itself. */
export function useTheme(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const watcher = new MutationObserver(() => setVersion((before) => before + 1));
    watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => watcher.disconnect();
  }, []);
  return version;
}

export function RatesChart({ live }: { live: LiveScan }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const now = useNow(1_000);
  const found = rates(live.samples);
  const has = found.at.length >= 3;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is made anew for each theme
  useEffect(() => {
    const box = place.current;
    if (!box || !has) return;
    const made = new uPlot(options(box.clientWidth), [[], [], []], box);
    plot.current = made;
    const watcher = new ResizeObserver(() =>
      made.setSize({ width: box.clientWidth, height: HEIGHT }),
    );
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, has]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew each second
  useEffect(() => {
    plot.current?.setData([found.at, found.targets, found.lines]);
  }, [now, theme, has]);
  const last = (list: (number | null)[]) => list.at(-1) ?? 0;
  return (
    <Card>
      <CardHead
        title="Speed"
        hint="since this page is open"
        actions={
          has ? (
            <ul className="flex gap-4 text-xs text-muted">
              <Series look="border-accent" label="targets/s" value={last(found.targets)} />
              <Series
                look="border-v-unfinished border-dashed"
                label="lines/s"
                value={last(found.lines)}
              />
            </ul>
          ) : null
        }
      />
      <div className="p-3" style={{ minHeight: HEIGHT + 24 }}>
        {has ? (
          <div
            ref={place}
            role="img"
            aria-label={`Now ${count(Math.round(last(found.targets)))} targets and ${count(Math.round(last(found.lines)))} lines a second`}
          />
        ) : (
          <p className="px-1 py-2 text-sm text-muted">
            {live.model.status === "running"
              ? "It is drawn from what comes in from now on: in a few seconds there is a line."
              : "There is a line here while the scan runs."}
          </p>
        )}
      </div>
    </Card>
  );
}

function Series({ look, label, value }: { look: string; label: string; value: number }) {
  return (
    <li className="flex items-center gap-1.5">
      <span aria-hidden className={`w-4 border-t-2 ${look}`} />
      <span className="num min-w-8 text-right font-medium text-text">
        {count(Math.round(value))}
      </span>
      {label}
    </li>
  );
}
