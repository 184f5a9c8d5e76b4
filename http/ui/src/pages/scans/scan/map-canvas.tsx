// The blocks of one family, drawn. Pointer and keyboard tell of the block that they are at.
import { useEffect, useRef, useState } from "react";
import { cellAt, type Layout, layout, neighbour, type Share, stack } from "./map";
import type { MapCell, MapFamily } from "./queries";
import { useTheme } from "./rates-chart";

const SHARE_VARIABLE: Record<Share, string> = {
  up: "--v-up",
  timed_out: "--v-timed-out",
  running: "--v-running",
  unfinished: "--v-unfinished",
  down: "--v-down",
  excluded: "--v-excluded",
};

function draw(canvas: HTMLCanvasElement, cells: MapCell[], at: Layout, chosen: number | null) {
  const scale = devicePixelRatio || 1;
  const width = at.columns * at.size;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(at.height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${at.height}px`;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const ink = (name: string) => style.getPropertyValue(name);
  const inks = new Map(Object.entries(SHARE_VARIABLE).map(([share, name]) => [share, ink(name)]));
  const side = at.size - (at.size > 6 ? 2 : 1);
  const dot = ink("--surface");
  cells.forEach((cell, index) => {
    const x = (index % at.columns) * at.size;
    let y = Math.floor(index / at.columns) * at.size + side;
    for (const [share, px] of stack(cell, side)) {
      y -= px;
      pen.fillStyle = inks.get(share) ?? "";
      pen.fillRect(x, y, side, px);
    }
    if (cell.open_ports > 0 && side >= 7) {
      pen.fillStyle = dot;
      pen.beginPath();
      pen.arc(x + side / 2, y + side / 2, Math.max(1.5, side / 7), 0, 7);
      pen.fill();
    }
  });
  if (chosen !== null && chosen < cells.length) {
    pen.strokeStyle = ink("--text");
    pen.lineWidth = 2;
    const x = (chosen % at.columns) * at.size;
    pen.strokeRect(x, Math.floor(chosen / at.columns) * at.size, side, side);
  }
}

function useWidth(box: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    setWidth(place.clientWidth);
    const watcher = new ResizeObserver(() => setWidth(place.clientWidth));
    watcher.observe(place);
    return () => watcher.disconnect();
  }, [box]);
  return width;
}

export function MapCanvas({
  family,
  height,
  label,
  onPoint,
  onEnter,
  onBack,
}: {
  family: MapFamily;
  /** Pixels that the map is to have, about. */
  height: number;
  label: string;
  /** The block that pointer or keyboard are at. */
  onPoint: (cell: MapCell | null) => void;
  onEnter: (cell: MapCell) => void;
  onBack: () => void;
}) {
  const { cells } = family;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const theme = useTheme();
  const [chosen, setChosen] = useState<number | null>(null);
  const at = layout(cells.length, Math.max(width, 40), height);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when the theme changes
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, cells, at, chosen);
  }, [cells, at.columns, at.size, at.height, chosen, width, theme]);

  // Other blocks: what was chosen is not among them.
  const shown = `${family.prefix} ${cells[0]?.block}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: when other blocks are shown
  useEffect(() => {
    setChosen(box.current?.matches(":focus-visible") ? 0 : null);
  }, [shown]);

  const point = (index: number | null) => {
    setChosen(index);
    onPoint(index === null ? null : (cells[index] ?? null));
  };
  const indexOf = (event: React.MouseEvent) => {
    const rect = canvas.current?.getBoundingClientRect();
    if (!rect) return null;
    return cellAt(at, cells.length, event.clientX - rect.left, event.clientY - rect.top);
  };
  const press = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const cell = chosen === null ? undefined : cells[chosen];
    if (event.key === "Enter" && cell) onEnter(cell);
    else if (event.key === "Backspace") onBack();
    else {
      const to = neighbour(at, cells.length, chosen ?? 0, event.key);
      if (to === null) return;
      point(to);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      role="application"
      aria-label={label}
      aria-roledescription="map"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows go from block to block
      tabIndex={0}
      className="w-full"
      style={{ minHeight: at.height }}
      onKeyDown={press}
      onFocus={() => {
        if (chosen === null && box.current?.matches(":focus-visible")) point(0);
      }}
    >
      <canvas
        ref={canvas}
        className="block cursor-pointer"
        onPointerMove={(event) => point(indexOf(event))}
        onPointerLeave={() => point(null)}
        onClick={(event) => {
          const index = indexOf(event);
          const cell = index === null ? undefined : cells[index];
          if (cell) onEnter(cell);
        }}
      />
    </div>
  );
}
