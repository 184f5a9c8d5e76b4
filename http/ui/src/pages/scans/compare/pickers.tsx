// The two scans, chosen by typing, and swapped by a click.
import { ArrowLeftRight } from "lucide-react";
import { useId } from "react";
import type { Scan } from "@/api/client";
import { Button, Card, IconButton } from "@/components/basics";
import { ScanPicker } from "@/components/scan-picker";
import { count } from "@/lib/format";

interface Props {
  scans: Scan[];
  a: Scan | null;
  b: Scan | null;
  onChange: (change: { a?: number; b?: number }) => void;
  swap: () => void;
  /** Reads older scans into the lists; null when there are none. */
  loadMore: (() => void) | null;
  isLoading: boolean;
}

export function Pickers({ scans, a, b, onChange, swap, loadMore, isLoading }: Props) {
  const id = useId();
  return (
    <Card aria-label="Scans to compare" className="p-3">
      <div className="grid items-end gap-2 md:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
        <ScanPicker
          id={`${id}a`}
          label="Earlier scan"
          scans={scans}
          value={a}
          onValue={(scan) => onChange({ a: scan?.id })}
        />
        <IconButton
          label="Swap the two scans"
          disabled={!a && !b}
          onClick={swap}
          className="justify-self-center border border-line max-md:rotate-90"
        >
          <ArrowLeftRight aria-hidden className="size-4" />
        </IconButton>
        <ScanPicker
          id={`${id}b`}
          label="Later scan"
          scans={scans}
          value={b}
          onValue={(scan) => onChange({ b: scan?.id })}
        />
      </div>
      {loadMore ? (
        <p className="mt-2 flex items-center gap-2 text-xs text-muted">
          The lists have the newest {count(scans.length)} scans.
          <Button size="sm" disabled={isLoading} onClick={loadMore}>
            Load older ones
          </Button>
        </p>
      ) : null}
    </Card>
  );
}
