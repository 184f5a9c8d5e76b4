// What a project's scans may touch: its own entries, what is left in the end, and what a change
// would do before it is made.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import {
  Badge,
  Button,
  Card,
  CardHead,
  CodeInput,
  Field,
  IconButton,
  Input,
  Select,
  Time,
} from "@/components/basics";
import { Form, useSending } from "@/components/form";
import { Confirm, Dialog, say } from "@/components/overlays";
import { Empty, Loaded } from "@/components/states";
import { counted } from "@/lib/format";
import { readRanges, sizeText } from "@/lib/ranges";
import { ofAdding, ofRemoving } from "./impact";
import { projectScopeQuery } from "./queries";

type Scope = Schemas["Scope"];
type Entry = Schemas["ScopeEntry"];

const SOURCES: Record<Schemas["ScopeSource"], string> = {
  built_in: "built in",
  session: "command line",
  stored: "stored",
};

export function ProjectScope({ id }: { id: number }) {
  const query = useQuery(projectScopeQuery(id));
  const mayChange = useMay("admin");
  const [open, setOpen] = useState(false);
  return (
    <Loaded query={query}>
      {(scope) => (
        <div className="flex flex-col gap-4">
          <Card>
            <CardHead
              title="Entries of this project"
              hint="What is denied counts, whatever allows it"
              actions={
                mayChange ? (
                  <Button size="sm" onClick={() => setOpen(true)}>
                    <Plus aria-hidden className="size-3.5" />
                    Add
                  </Button>
                ) : null
              }
            />
            <Entries id={id} scope={scope} mayChange={mayChange} />
          </Card>
          <Effective scope={scope} />
          <Dialog open={open} onOpenChange={setOpen} title="Add to this project's scope">
            <AddForm id={id} scope={scope} close={() => setOpen(false)} />
          </Dialog>
        </div>
      )}
    </Loaded>
  );
}

function Entries({ id, scope, mayChange }: { id: number; scope: Scope; mayChange: boolean }) {
  const entries = [...scope.allow, ...scope.deny];
  if (entries.length === 0) {
    return (
      <Empty title="No entry of its own">
        Scans of this project may touch what the server's scope allows.
        {mayChange ? "" : " An administrator can narrow that here."}
      </Empty>
    );
  }
  return (
    <ul>
      {entries.map((entry) => (
        <li
          key={`${entry.list}${entry.target}${entry.id}`}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 last:border-b-0"
        >
          <Badge tone={entry.list === "deny" ? "danger" : "good"} className="w-14 justify-center">
            {entry.list}
          </Badge>
          <code className="font-mono text-sm break-all">{entry.target}</code>
          {entry.expired ? <Badge tone="warn">expired</Badge> : null}
          <span className="min-w-0 flex-1 basis-48 text-sm break-words text-muted">
            <bdi>{entry.note}</bdi>
          </span>
          <span className="text-xs text-muted">
            {SOURCES[entry.source]}, <bdi>{entry.by}</bdi> <Time at={entry.created_at} />
            {entry.expires_at ? (
              <>
                , until <Time at={entry.expires_at} as="date" />
              </>
            ) : null}
          </span>
          {mayChange && entry.id != null ? (
            <Remove id={id} scope={scope} entry={entry} entryId={entry.id} />
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Remove(props: { id: number; scope: Scope; entry: Entry; entryId: number }) {
  const { id, scope, entry, entryId } = props;
  const client = useQueryClient();
  return (
    <Confirm
      title={`Remove “${entry.list} ${entry.target}”?`}
      verb="Remove"
      act={async () => {
        await take(
          api.DELETE("/api/projects/{id}/scope/{entry}", {
            params: { path: { id, entry: entryId } },
          }),
        );
        say("Removed from the scope", `${entry.list} ${entry.target}`);
        await client.invalidateQueries({ queryKey: keys.project(id) });
      }}
      trigger={(open) => (
        <IconButton
          label={`Remove ${entry.list} ${entry.target}`}
          className="size-8"
          onClick={open}
        >
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      )}
    >
      <p>{ofRemoving(scope, entry)}</p>
      <p className="mt-2 text-muted">Batches that start from then on follow it.</p>
    </Confirm>
  );
}

function Effective({ scope }: { scope: Scope }) {
  const ranges = scope.effective_truncated ? null : readRanges(scope.effective);
  return (
    <Card>
      <CardHead
        title="What may be scanned in the end"
        hint={ranges ? sizeText(ranges) : undefined}
      />
      <div className="p-4">
        {scope.effective.length === 0 ? (
          <p className="text-sm text-warn">Nothing: every scan of this project is refused.</p>
        ) : (
          <ul className="flex flex-wrap gap-1.5">
            {scope.effective.map((range) => (
              <li
                key={range}
                className="rounded bg-sunken px-1.5 py-0.5 font-mono text-xs break-all"
              >
                {range}
              </li>
            ))}
          </ul>
        )}
        {scope.effective_truncated ? (
          <p className="mt-2 text-xs text-muted">
            Only the first {counted(scope.effective.length, "range")}; there are more.
          </p>
        ) : null}
      </div>
    </Card>
  );
}

const FIELDS = ["target", "list", "note", "expires_at"] as const;

function AddForm({ id, scope, close }: { id: number; scope: Scope; close: () => void }) {
  const client = useQueryClient();
  const [list, setList] = useState<Schemas["ScopeList"]>("deny");
  const [target, setTarget] = useState("");
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("");
  const sending = useSending(FIELDS);
  const { fields } = sending.errors;
  const impact = target.trim() === "" ? null : ofAdding(scope, { list, target: target.trim() });
  const add = async () => {
    const body = {
      list,
      target: target.trim(),
      note: note.trim() || null,
      expires_at: until ? new Date(until).toISOString() : null,
    };
    await take(api.POST("/api/projects/{id}/scope", { params: { path: { id } }, body }));
    say("Added to the scope", `${list} ${body.target}`);
    await client.invalidateQueries({ queryKey: keys.project(id) });
    close();
  };
  return (
    <Form sending={sending} act={add} verb="Add" canSend={target.trim() !== ""} onCancel={close}>
      <div className="grid grid-cols-[8rem_minmax(0,1fr)] gap-4">
        <Field id="scope-list" label="List" error={fields.list}>
          <Select
            id="scope-list"
            className="w-full"
            value={list}
            onChange={(event) => setList(event.target.value === "allow" ? "allow" : "deny")}
          >
            <option value="deny">Deny</option>
            <option value="allow">Allow</option>
          </Select>
        </Field>
        <Field
          id="scope-target"
          label="Addresses"
          error={fields.target}
          hint="One address, block or range"
        >
          <CodeInput
            id="scope-target"
            autoFocus
            placeholder="10.0.0.0/24"
            aria-invalid={Boolean(fields.target)}
            value={target}
            onChange={(event) => setTarget(event.target.value)}
          />
        </Field>
      </div>
      <p aria-live="polite" className="min-h-10 rounded-md bg-sunken px-3 py-2 text-sm">
        {impact ?? <span className="text-muted">What it changes is said here.</span>}
      </p>
      <Field
        id="scope-note"
        label="Note"
        error={fields.note}
        hint="Why, for those who come after you."
      >
        <Input id="scope-note" value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
      <Field
        id="scope-until"
        label="Until"
        error={fields.expires_at}
        hint="In your local time; empty for ever."
      >
        <Input
          id="scope-until"
          type="datetime-local"
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
      </Field>
    </Form>
  );
}
