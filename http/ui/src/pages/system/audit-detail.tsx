// One entry of the audit log, whole.
import { Badge, Time } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { Dialog } from "@/components/overlays";
import { count } from "@/lib/format";
import { ACTIONS, type AuditEntry } from "./audit";
import { AuditObject } from "./audit-tab";
import { Fact } from "./parts";

function Hash({ value }: { value: string }) {
  return <code className="font-mono text-xs break-all">{value}</code>;
}

export function AuditDetail({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const { actor } = entry;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Entry ${entry.seq}: ${ACTIONS[entry.action] ?? entry.action}`}
    >
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-4 gap-y-2 text-sm">
        <Fact name="When">
          <Time at={entry.at} as="date" />
        </Fact>
        <Fact name="Who">
          {actor.name ?? "–"}
          <span className="text-muted">
            , {actor.kind}
            {actor.token_id ? ` of token ${actor.token_id}` : ""}
          </span>
        </Fact>
        <Fact name="From">{entry.from ?? "this machine"}</Fact>
        <Fact name="Of">
          <AuditObject entry={entry} />
        </Fact>
        <Fact name="Outcome">
          <Badge tone={entry.outcome === "ok" ? "good" : "warn"}>{entry.outcome}</Badge>
          {entry.code ? <span className="ml-2 text-muted">{entry.code}</span> : null}
          {entry.count > 1 ? (
            <span className="ml-2 text-muted">{count(entry.count)} times within a minute</span>
          ) : null}
        </Fact>
        <Fact name="Detail">{entry.detail || "–"}</Fact>
        {entry.params_blake3 ? (
          <Fact name="Parameters">
            <Hash value={entry.params_blake3} />
          </Fact>
        ) : null}
        <Fact name="Before it">
          <Hash value={entry.prev} />
        </Fact>
        <Fact name="Its hash">
          <Hash value={entry.hash} />
        </Fact>
      </dl>
      <div className="mt-4 flex justify-end">
        <CopyButton text={`${entry.seq}:${entry.hash}`} label="Copy as a head" />
      </div>
    </Dialog>
  );
}
