// One batch or all of them, by its number: there may be 65,000, so that a list would not do.
import { useEffect, useId, useState } from "react";
import { Input } from "@/components/basics";
import { type LiveScan, useCalmParts } from "@/live/scan";

/** Running batches that are offered. */
const OFFERED = 40;

export function BatchFilter({
  live,
  batch,
  onBatch,
}: {
  live: LiveScan;
  batch: number | null;
  onBatch: (batch: number | null) => void;
}) {
  const list = useId();
  const [typed, setTyped] = useState(batch ? String(batch) : "");
  useEffect(() => setTyped(batch ? String(batch) : ""), [batch]);
  useCalmParts(live, 1_000, "batches");
  const running: number[] = [];
  for (const one of live.model.batches.values()) {
    if (one.status === "running" && running.length < OFFERED) running.push(one.id);
  }
  const isWrong = typed !== "" && !/^[1-9]\d{0,15}$/.test(typed);
  const choose = () => {
    if (!isWrong && typed !== (batch ? String(batch) : "")) onBatch(typed ? Number(typed) : null);
  };
  return (
    <div className="w-32">
      <Input
        type="search"
        inputMode="numeric"
        list={list}
        aria-label="Batch"
        aria-invalid={isWrong}
        placeholder="all batches"
        title="The number of a batch; empty for all"
        value={typed}
        onChange={(event) => setTyped(event.target.value.trim())}
        onBlur={choose}
        onKeyDown={(event) => {
          if (event.key === "Enter") choose();
        }}
      />
      <datalist id={list}>
        {running.map((id) => (
          <option key={id} value={id}>
            running
          </option>
        ))}
      </datalist>
    </div>
  );
}
