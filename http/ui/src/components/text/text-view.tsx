// Any number of lines in a fixed-width font, of which only those in sight are in the page. It can
// follow the newest line, and stays where one reads when lines come, go, or are loaded above.
import {
  memo,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useReducer,
  useRef,
} from "react";
import { places, visible } from "@/lib/text";
import type { TextRows } from "@/lib/text-rows";
import { cx } from "../basics";

/** Pixels of a row. */
export const ROW = 20;
/** Browsers end an element somewhere above this; beyond it, rows are spread over it. */
const HEIGHT_MAX = 16_000_000;

export interface TextViewHandle {
  /** Brings a line into sight. */
  show: (line: number) => void;
  focus: () => void;
}

interface Props<Line> {
  rows: TextRows<Line>;
  /** Read out as the name of the text. */
  label: string;
  /** What stands before a line; nothing before its further rows. */
  gutter: (line: Line, number: number) => ReactNode;
  /** Columns that the gutter takes. */
  gutterColumns: number;
  tone?: (line: Line) => string | undefined;
  find: string;
  /** The match that one is at. */
  current: number | null;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  onTop?: () => void;
  /** Told when the number of columns changes that fit in a row. */
  onColumns: (columns: number) => void;
  onKey: (event: React.KeyboardEvent) => void;
  className?: string;
  ref?: Ref<TextViewHandle>;
}

export function TextView<Line>(props: Props<Line>) {
  const { rows, follow, onTop } = props;
  const box = useRef<HTMLDivElement>(null);
  const place = useRef({ top: 0, scrolled: 0, height: 400, origin: rows.origin, rows });
  const [, draw] = useReducer((before: number) => before + 1, 0);
  useColumns(box, props.gutterColumns, props.onColumns, (height) => {
    place.current.height = height;
    draw();
  });

  const all = rows.rows * ROW;
  const height = Math.min(all, HEIGHT_MAX);
  const inSight = Math.ceil(place.current.height / ROW);
  const at = place.current;
  if (at.rows !== rows) Object.assign(at, { rows, origin: rows.origin });
  if (at.origin !== rows.origin) {
    if (!follow && all <= HEIGHT_MAX) {
      at.top = Math.max(0, at.top + (rows.origin - at.origin) * ROW);
    }
    at.origin = rows.origin;
  }
  if (follow) at.top = Math.max(0, height - at.height);
  const first = Math.max(0, Math.min(rowAt(at.top, all, height, at.height), rows.rows - 1));

  const { top } = at;
  useLayoutEffect(() => {
    // Reading where it is would make the browser lay the page out twice.
    if (box.current && top !== place.current.scrolled) box.current.scrollTop = top;
    place.current.scrolled = top;
  });
  useEffect(() => {
    if (first < 100 && !follow) onTop?.();
  }, [first, follow, onTop]);
  useImperativeHandle(props.ref, () => ({
    focus: () => box.current?.focus(),
    show: (line) => {
      const wanted = (rows.rowOf(line) / Math.max(1, rows.rows)) * height;
      at.top = Math.max(0, Math.min(wanted - at.height / 3, height - at.height));
      draw();
    },
  }));

  const scrolled = () => {
    const scroller = box.current;
    if (!scroller) return;
    const to = scroller.scrollTop;
    const fromEnd = height - to - scroller.clientHeight;
    // Lines that come do not scroll by themselves: up is a hand's doing, and so is the very end.
    if (follow && to < at.top - ROW) props.onFollow(false);
    else if (!follow && to > at.top && fromEnd < 2 && rows.rows > inSight) props.onFollow(true);
    if (follow && fromEnd < ROW) return;
    at.top = to;
    at.scrolled = to;
    draw();
  };
  const shown = [];
  for (let row = Math.max(0, first - 4); row < first + inSight + 8; row += 1) {
    const part = rows.at(row);
    const line = part ? rows.line(part.line) : undefined;
    if (!part || line === undefined) break;
    shown.push(
      <Row
        // While all rows change at once, each takes the place of another: that costs least.
        key={follow ? shown.length : `${part.line}.${part.from}`}
        gutter={part.from === 0 ? props.gutter(line, part.line) : null}
        gutterColumns={props.gutterColumns}
        text={rows.textOf(line).slice(part.from, part.to)}
        find={props.find}
        tone={props.tone?.(line)}
        isCurrent={part.line === props.current}
      />,
    );
  }
  const offset = all <= HEIGHT_MAX ? Math.max(0, first - 4) * ROW : at.top;
  return (
    <div
      ref={box}
      role="log"
      aria-live="off"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
      tabIndex={0}
      onScroll={scrolled}
      onKeyDown={props.onKey}
      className={cx(
        "relative overflow-auto bg-sunken font-mono text-xs leading-[20px] [overflow-anchor:none]",
        rows.width !== null && "overflow-x-hidden",
        props.className,
      )}
    >
      <div
        className="relative min-w-full"
        style={{
          height,
          width: rows.width === null ? `${rows.widest + props.gutterColumns + 4}ch` : undefined,
        }}
      >
        <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${offset}px)` }}>
          {shown}
        </div>
      </div>
    </div>
  );
}

function rowAt(top: number, all: number, height: number, inSight: number): number {
  if (all <= HEIGHT_MAX) return Math.floor(top / ROW);
  return Math.floor(((top / Math.max(1, height - inSight)) * (all - inSight)) / ROW);
}

/** How many columns fit beside the gutter, and how high the box is. */
function useColumns(
  box: React.RefObject<HTMLDivElement | null>,
  gutter: number,
  onColumns: (columns: number) => void,
  onHeight: (height: number) => void,
) {
  const latest = useRef({ onColumns, onHeight });
  latest.current = { onColumns, onHeight };
  useLayoutEffect(() => {
    const scroller = box.current;
    if (!scroller) return;
    const pen = document.createElement("canvas").getContext("2d");
    const measure = () => {
      latest.current.onHeight(scroller.clientHeight);
      if (!pen) return;
      pen.font = getComputedStyle(scroller).font;
      const one = pen.measureText("0".repeat(100)).width / 100;
      const fits = Math.floor(scroller.clientWidth / (one || 7)) - gutter - 3;
      latest.current.onColumns(Math.max(16, fits));
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(scroller);
    return () => watcher.disconnect();
  }, [box, gutter]);
}

const Row = memo(function Row({
  gutter,
  gutterColumns,
  text,
  find,
  tone,
  isCurrent,
}: {
  gutter: ReactNode;
  gutterColumns: number;
  text: string;
  find: string;
  tone: string | undefined;
  isCurrent: boolean;
}) {
  return (
    <div
      className={cx("flex h-[20px] whitespace-pre hover:bg-hover", isCurrent && "bg-accent-soft")}
    >
      <span
        className="shrink-0 pr-[2ch] pl-[1ch] text-right text-muted select-none"
        style={{ width: `${gutterColumns + 3}ch` }}
      >
        {gutter}
      </span>
      <span dir="ltr" className={cx("[unicode-bidi:isolate]", tone)}>
        <Marked text={visible(text)} find={find} />
      </span>
    </div>
  );
});

/** Text with what is searched for made visible. */
function Marked({ text, find }: { text: string; find: string }) {
  const found = places(text, find, 50);
  if (found.length === 0) return text;
  const parts: ReactNode[] = [];
  let at = 0;
  for (const place of found) {
    parts.push(
      text.slice(at, place),
      <mark key={place} className="rounded-xs bg-warn-soft text-warn outline outline-warn">
        {text.slice(place, place + find.length)}
      </mark>,
    );
    at = place + find.length;
  }
  parts.push(text.slice(at));
  return parts;
}
