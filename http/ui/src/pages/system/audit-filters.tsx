// The filters of the audit log. Text is taken with Enter or when its field is left.
import { type FormEvent, useEffect, useState } from "react";
import { Button, Field, Input, Select } from "@/components/basics";
import { ACTIONS, type AuditAction, type AuditFilter, auditFilter } from "./audit";

const CHOICES = (Object.entries(ACTIONS) as [AuditAction, string][]).sort(([, a], [, b]) =>
  a.localeCompare(b),
);

export function AuditFilters({
  filter,
  onChange,
}: {
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
}) {
  const [actor, setActor] = useState(filter.actor ?? "");
  const [since, setSince] = useState(filter.since === null ? "" : String(filter.since));
  // The URL may change from elsewhere.
  useEffect(() => setActor(filter.actor ?? ""), [filter.actor]);
  useEffect(() => setSince(filter.since === null ? "" : String(filter.since)), [filter.since]);

  const isOdd = since.trim() !== "" && !/^\d{1,15}$/.test(since.trim());
  const take = (event?: FormEvent) => {
    event?.preventDefault();
    if (isOdd) return;
    const next = auditFilter({
      action: filter.action,
      actor,
      since: since.trim() === "" ? null : since.trim(),
    });
    if (next.actor !== filter.actor || next.since !== filter.since) onChange(next);
  };
  const isFiltered = filter.action !== null || filter.actor !== null || filter.since !== null;
  return (
    <form
      role="search"
      aria-label="Audit log"
      onSubmit={take}
      className="grid items-start gap-3 border-b border-line px-4 py-3 sm:grid-cols-[repeat(3,minmax(0,1fr))_auto]"
    >
      <Field id="audit-action" label="Action">
        <Select
          id="audit-action"
          value={filter.action ?? ""}
          onChange={(event) =>
            onChange({ ...auditFilter({ ...filter, action: event.target.value }) })
          }
        >
          <option value="">All</option>
          {CHOICES.map(([action, label]) => (
            <option key={action} value={action}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field id="audit-actor" label="Who">
        <Input
          id="audit-actor"
          autoComplete="off"
          spellCheck={false}
          placeholder="A name, a token's id, session, server"
          value={actor}
          onBlur={() => take()}
          onChange={(event) => setActor(event.target.value)}
        />
      </Field>
      <Field
        id="audit-since"
        label="After number"
        error={isOdd ? "Write the number of an entry, or nothing." : undefined}
      >
        <Input
          id="audit-since"
          className="num"
          inputMode="numeric"
          autoComplete="off"
          placeholder="Then oldest first; 0 for all"
          value={since}
          aria-invalid={isOdd ? true : undefined}
          onBlur={() => take()}
          onChange={(event) => setSince(event.target.value)}
        />
      </Field>
      <div className="flex gap-2 sm:pt-[1.45rem]">
        <Button type="submit">Filter</Button>
        <Button
          variant="quiet"
          disabled={!isFiltered}
          onClick={() => onChange({ action: null, actor: null, since: null })}
        >
          Clear
        </Button>
      </div>
    </form>
  );
}
