// Follows the chain of the audit log from its first entry, and says what was found.
import { type FormEvent, useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { Button, Card, CardHead, Field, Input, Notice, Time } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { Failed } from "@/components/states";
import { counted } from "@/lib/format";
import { readHead } from "./audit";

type Verdict = Schemas["AuditVerdict"];
type Outcome = { at: string; verdict: Verdict } | { at: string; error: unknown };

export function AuditVerify() {
  const [head, setHead] = useState("");
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const isOdd = head.trim() !== "" && readHead(head) === null;

  const verify = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const known = readHead(head);
    const at = () => new Date().toISOString();
    try {
      const query = known ? { head: known } : {};
      const verdict = await take(api.GET("/api/audit/verify", { params: { query } }));
      setOutcome({ at: at(), verdict });
    } catch (error) {
      setOutcome({ at: at(), error });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card>
      <CardHead
        title="Verify the chain"
        hint="Each entry bears the hash of the one before it: what was changed or cut out shows"
      />
      <div className="flex flex-col gap-3 p-4">
        <form onSubmit={(event) => void verify(event)} className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 flex-1 basis-72">
            <Field
              id="audit-head"
              label="A head that you kept (optional)"
              hint="NUMBER:HASH of an earlier time: tells whether the log up to there is the same"
              error={isOdd ? "Write NUMBER:HASH, the hash with 64 hexadecimal digits." : undefined}
            >
              <Input
                id="audit-head"
                className="font-mono"
                autoComplete="off"
                spellCheck={false}
                value={head}
                aria-invalid={isOdd ? true : undefined}
                aria-describedby={isOdd ? "audit-head-error" : "audit-head-hint"}
                onChange={(event) => setHead(event.target.value)}
              />
            </Field>
          </div>
          <Button type="submit" className="sm:mt-[1.45rem]" disabled={busy || isOdd}>
            {busy ? "Reading all of it …" : "Verify"}
          </Button>
        </form>
        {outcome === null ? null : "verdict" in outcome ? (
          <Answer verdict={outcome.verdict} at={outcome.at} />
        ) : (
          <Failed error={outcome.error} />
        )}
      </div>
    </Card>
  );
}

function Answer({ verdict, at }: { verdict: Verdict; at: string }) {
  const head = `${verdict.head.seq}:${verdict.head.hash}`;
  return (
    <Notice
      tone={verdict.intact ? "good" : "danger"}
      title={
        verdict.intact
          ? `Intact: all ${counted(verdict.entries, "entry", "entries")} are as they were written`
          : `Not intact: ${verdict.breaks_total === 0 ? "the log does not hold the head that you kept" : `the chain breaks in ${counted(verdict.breaks_total, "place")}`}`
      }
    >
      {verdict.known_head == null ? null : (
        <p>The head that you kept is {verdict.known_head ? "in it." : "not in it."}</p>
      )}
      <ul className="list-disc pl-5">
        {verdict.breaks.map((one) => (
          <li key={one.seq}>
            Entry {one.seq}: {one.what}
            {one.damaged ? " (its record is damaged, as a fault of the disk leaves it)" : ""}
            {one.told_by == null ? "" : ` (told by entry ${one.told_by}, from a salvage)`}
          </li>
        ))}
      </ul>
      {verdict.breaks.length < verdict.breaks_total ? (
        <p>The first {verdict.breaks.length} places are shown.</p>
      ) : null}
      {verdict.intact ? null : (
        <p>
          Keep a copy of the data directory as it is, then run{" "}
          <code className="font-mono text-xs">netscan audit verify</code> and{" "}
          <code className="font-mono text-xs">netscan store check</code> on the server.
        </p>
      )}
      <p className="mt-1 flex flex-wrap items-center gap-2">
        <span className="text-xs">
          Head at <Time at={at} as="clock" />, to be kept elsewhere:
        </span>
        <code className="font-mono text-xs break-all">{head}</code>
        <CopyButton text={head} label="Copy head" />
      </p>
    </Notice>
  );
}
