// Search within a text: how many lines have it, and the way from one to the next.
import { ChevronDown, ChevronUp } from "lucide-react";
import { type Ref, useEffect, useRef, useState } from "react";
import { count } from "@/lib/format";
import { Matches, type TextRows } from "@/lib/text-rows";
import { IconButton, Input } from "../basics";
import type { TextViewHandle } from "./text-view";

export interface Finding {
  /** The line that one is at. */
  current: number | null;
  /** The place of it among the matches, from 1; 0 for none. */
  nth: number;
  count: number;
  go: (step: 1 | -1) => void;
}

/** Searches as lines come. */
export function useFind<Line>(
  rows: TextRows<Line>,
  find: string,
  view: React.RefObject<TextViewHandle | null>,
  onGo: () => void,
): Finding {
  const [current, setCurrent] = useState<number | null>(null);
  const kept = useRef<{ rows: TextRows<Line>; find: string; matches: Matches<Line> } | null>(null);
  if (kept.current?.rows !== rows || kept.current.find !== find) {
    kept.current = { rows, find, matches: new Matches<Line>(find) };
  }
  const { matches } = kept.current;
  matches.sync(rows);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search begins anew
  useEffect(() => setCurrent(null), [find, rows]);
  return {
    current,
    nth: matches.indexOf(current) + 1,
    count: matches.count,
    go: (step) => {
      // Without a match so far: the newest one going up, the first one going down.
      const from = current ?? (step === 1 ? rows.first - 1 : rows.end);
      const to = matches.next(from, step);
      if (to === null) return;
      onGo();
      setCurrent(to);
      view.current?.show(to);
    },
  };
}

export function FindBar({
  find,
  onFind,
  finding,
  ref,
  onLeave,
}: {
  find: string;
  onFind: (find: string) => void;
  finding: Finding;
  ref?: Ref<HTMLInputElement>;
  /** Escape in the field: back to the text. */
  onLeave: () => void;
}) {
  const [typed, setTyped] = useState(find);
  useEffect(() => setTyped(find), [find]);
  useEffect(() => {
    if (typed === find) return;
    const timer = setTimeout(() => onFind(typed), 200);
    return () => clearTimeout(timer);
  }, [typed, find, onFind]);
  const press = (event: React.KeyboardEvent) => {
    if (event.key === "Enter") finding.go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      if (typed !== "") onFind("");
      setTyped("");
      onLeave();
    } else return;
    event.preventDefault();
  };
  return (
    <div role="search" className="flex min-w-0 flex-1 basis-56 items-center gap-1">
      <Input
        ref={ref}
        type="search"
        aria-label="Search"
        placeholder="Search  ( / )"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={press}
      />
      <span role="status" className="num min-w-24 text-right text-xs whitespace-nowrap text-muted">
        {find === ""
          ? ""
          : finding.count === 0
            ? "no line has it"
            : `${finding.nth ? `${count(finding.nth)} of ` : ""}${count(finding.count)} lines`}
      </span>
      <IconButton
        label="Match before"
        className="size-8"
        disabled={finding.count === 0}
        onClick={() => finding.go(-1)}
      >
        <ChevronUp aria-hidden className="size-4" />
      </IconButton>
      <IconButton
        label="Next match"
        className="size-8"
        disabled={finding.count === 0}
        onClick={() => finding.go(1)}
      >
        <ChevronDown aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}
