// Who may use the server. A token's secret is shown once, when it is made.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { callerQuery, projectsQuery } from "@/api/queries";
import {
  Badge,
  Button,
  Card,
  CardHead,
  Notice,
  Time,
  type Tone,
  useNow,
} from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { Confirm, say } from "@/components/overlays";
import { Empty, Loaded } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { counted } from "@/lib/format";
import { expiryState } from "./expiry";
import { AdminOnly } from "./parts";
import { systemKeys, tokensQuery } from "./queries";
import { TokenForm } from "./token-form";

type Token = Schemas["Token"];
type Made = Schemas["MadeToken"];

export function TokensTab() {
  const { data: caller } = useQuery(callerQuery);
  if (!caller) return null;
  if (caller.role !== "admin" || caller.projects != null) return <AdminOnly what="Access" />;
  return <Tokens caller={caller} />;
}

function Tokens({ caller }: { caller: Schemas["Caller"] }) {
  const query = useQuery(tokensQuery);
  const { data: projects } = useQuery(projectsQuery);
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const names = useMemo(
    () => new Map((projects ?? []).map((project) => [project.id, project.name])),
    [projects],
  );
  const columns = useMemo(() => tokenColumns(caller, names), [caller, names]);
  const create = (
    <Button variant="primary" size="sm" onClick={() => setCreating(true)}>
      <Plus aria-hidden className="size-3.5" />
      Create token
    </Button>
  );
  return (
    <div className="flex flex-col gap-4">
      {caller.by === "anyone" ? (
        <Notice tone="warn" title="Access rights are off">
          The server was started with <code className="font-mono text-xs">--auth none</code>:
          everybody on its machine may do everything. Tokens count once it is started without it.
        </Notice>
      ) : null}
      {made ? <Secret made={made} onDone={() => setMade(null)} /> : null}
      <Card>
        <CardHead
          title="Tokens"
          hint="for programs, and for people to log in with"
          actions={create}
        />
        <Loaded query={query}>
          {(tokens) => (
            <DataTable
              label="Tokens"
              columns={columns}
              rows={tokens}
              rowId={(token) => token.id}
              rowHeight={48}
              minWidth={880}
              empty={
                <Empty title="There is no token" action={create}>
                  A token lets a program, or somebody else, use this server, with the rights of its
                  role.
                </Empty>
              }
            />
          )}
        </Loaded>
      </Card>
      {creating ? (
        <TokenForm
          projects={projects ?? []}
          onClose={() => setCreating(false)}
          onMade={(token) => {
            setCreating(false);
            setMade(token);
          }}
        />
      ) : null}
    </div>
  );
}

/** Stays until it is put away, so that no stray key loses the secret. */
function Secret({ made, onDone }: { made: Made; onDone: () => void }) {
  return (
    <Notice
      tone="good"
      title="The token is made. Its secret is shown this once: keep it now."
      actions={
        <Button size="sm" onClick={onDone}>
          I have kept it
        </Button>
      }
    >
      <p className="truncate" title={made.name}>
        For {made.name}
      </p>
      <div className="mt-1 flex flex-wrap items-center gap-2">
        <code className="rounded bg-surface px-2 py-1 font-mono text-xs break-all select-all">
          {made.secret}
        </code>
        <CopyButton text={made.secret} label="Copy secret" />
      </div>
      <p className="mt-1 text-xs">
        Programs send it as <code className="font-mono">Authorization: Bearer …</code>; people give
        it at the login page.
      </p>
    </Notice>
  );
}

const ROLES: Record<Schemas["Role"], Tone> = {
  viewer: "neutral",
  operator: "info",
  admin: "accent",
};

function tokenColumns(caller: Schemas["Caller"], names: Map<number, string>): Column<Token>[] {
  return [
    {
      id: "name",
      header: "For",
      cell: ({ row: { original: token } }) => (
        <span className="block min-w-0">
          <span className="block truncate font-medium" title={token.name}>
            {token.name}
          </span>
          <span className="block truncate text-xs text-muted">
            <code className="font-mono">{token.id}</code>
            {token.id === caller.token_id ? ", the one you use" : ""}
          </span>
        </span>
      ),
      meta: { grow: 2 },
    },
    {
      id: "role",
      header: "Role",
      cell: ({ row }) => (
        <Badge tone={ROLES[row.original.role] ?? "neutral"}>{row.original.role}</Badge>
      ),
      meta: { width: 7 },
    },
    {
      id: "projects",
      header: "Projects",
      cell: ({ row }) => <Projects of={row.original.projects} names={names} />,
      meta: { grow: 1 },
    },
    {
      id: "created",
      header: "Made",
      cell: ({ row }) => <Time at={row.original.created_at} />,
      meta: { width: 8 },
    },
    {
      id: "expires",
      header: "Good until",
      cell: ({ row }) => <Expiry at={row.original.expires_at} />,
      meta: { width: 12 },
    },
    {
      id: "used",
      header: "Last used",
      cell: ({ row }) =>
        row.original.last_used_at ? (
          <Time at={row.original.last_used_at} />
        ) : (
          <span className="text-muted">never</span>
        ),
      meta: { width: 8 },
    },
    {
      id: "revoke",
      header: () => <span className="sr-only">Revoke</span>,
      cell: ({ row }) => (
        <Revoke token={row.original} isOwn={row.original.id === caller.token_id} />
      ),
      meta: { width: 7, align: "right" },
    },
  ];
}

function Projects({ of, names }: { of: Token["projects"]; names: Map<number, string> }) {
  if (of == null) return <span className="text-muted">all</span>;
  const said = of.map((id) => names.get(id) ?? `project ${id}`).join(", ");
  return <span title={said}>{of.length === 1 ? said : counted(of.length, "project")}</span>;
}

function Expiry({ at }: { at: string | null | undefined }) {
  const state = expiryState(at, useNow(60_000));
  if (state === "none") return <span className="text-muted">for ever</span>;
  return (
    <span className={state === "later" ? undefined : "text-warn"}>
      {state === "over" ? <Badge tone="warn">over</Badge> : <Time at={at} as="date" />}
    </span>
  );
}

function Revoke({ token, isOwn }: { token: Token; isOwn: boolean }) {
  const client = useQueryClient();
  const act = async () => {
    await take(api.DELETE("/api/tokens/{id}", { params: { path: { id: token.id } } }));
    await client.invalidateQueries({ queryKey: systemKeys.tokens });
    say("Token revoked", token.name);
  };
  return (
    <Confirm
      trigger={(open) => (
        <Button
          size="sm"
          variant="danger"
          aria-label={`Revoke the token ${token.id}`}
          onClick={open}
        >
          Revoke
        </Button>
      )}
      title="Revoke this token?"
      verb="Revoke"
      act={act}
    >
      <p className="break-words">
        <strong>{token.name}</strong> (<code className="font-mono text-xs">{token.id}</code>) and
        all browsers that were let in with it are locked out at once. That cannot be undone; a new
        token can be made.
      </p>
      {isOwn ? (
        <p className="mt-2 text-warn">It is the one that you use: you are logged out by it.</p>
      ) : null}
    </Confirm>
  );
}
