// Who watches whom in the server, what was started again, and why.
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { Badge, Card, CardHead, cx, Notice, Time, type Tone } from "@/components/basics";
import { Empty, Loaded } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { count, counted } from "@/lib/format";
import { ReadAt } from "./parts";
import { supervisionQuery } from "./queries";
import { type Restart, rowsOf, type Supervision, type TreeRow, totals } from "./tree";

function stateTone(state: string): Tone {
  if (["running", "ready", "alive", "idle"].includes(state)) return "good";
  if (["starting", "waiting", "backoff", "restarting", "paused", "stopping"].includes(state)) {
    return "warn";
  }
  return ["failed", "dead", "given_up"].includes(state) ? "danger" : "neutral";
}

export function SupervisionTab() {
  const query = useQuery(supervisionQuery);
  return (
    <Loaded query={query}>
      {(tree) =>
        tree === null ? (
          <Card>
            <Empty title="This server does not tell its supervision tree">
              It is older than this page. What restarts there were is in its log, and in the events
              of the scans they were for.
            </Empty>
          </Card>
        ) : (
          <div className="flex flex-col gap-4">
            <TreeCard tree={tree} readAt={<ReadAt query={query} />} />
            <Restarts restarts={tree.restarts} />
          </div>
        )
      }
    </Loaded>
  );
}

function TreeCard({ tree, readAt }: { tree: Supervision; readAt: React.ReactNode }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(tree.nodes, closed), [tree.nodes, closed]);
  const all = totals(tree.nodes);
  const columns = useMemo(
    () =>
      treeColumns((path) =>
        setClosed((before) => {
          const after = new Set(before);
          if (!after.delete(path)) after.add(path);
          return after;
        }),
      ),
    [],
  );
  return (
    <Card>
      <CardHead
        title="Supervision tree"
        hint={`${counted(all.nodes, "actor")}, ${counted(all.restarts, "restart")} of those that live`}
        actions={readAt}
      />
      {tree.truncated ? (
        <div className="p-3">
          <Notice tone="warn">
            There are more actors than the server tells at once: some are left out here.
          </Notice>
        </div>
      ) : null}
      <DataTable
        label="Supervision tree"
        columns={columns}
        rows={rows}
        rowId={(row) => row.path}
        rowHeight={36}
        minWidth={760}
        className="max-h-[60dvh]"
        empty={<Empty title="No actor runs">A server without actors is about to end.</Empty>}
      />
    </Card>
  );
}

function treeColumns(toggle: (path: string) => void): Column<TreeRow>[] {
  return [
    {
      id: "name",
      header: "Actor",
      cell: ({ row }) => <Name row={row.original} toggle={toggle} />,
      meta: { grow: 3 },
    },
    {
      id: "state",
      header: "State",
      cell: ({ row }) => (
        <Badge tone={stateTone(row.original.node.state)}>
          {row.original.node.state.replaceAll("_", " ")}
        </Badge>
      ),
      meta: { width: 8 },
    },
    {
      id: "since",
      header: "Since",
      cell: ({ row }) => <Time at={row.original.node.since} />,
      meta: { width: 9 },
    },
    {
      id: "restarts",
      header: "Restarts",
      cell: ({ row }) => (
        <span className={row.original.node.restarts > 0 ? "text-warn" : "text-muted"}>
          {count(row.original.node.restarts)}
        </span>
      ),
      meta: { width: 6, align: "right" },
    },
    {
      id: "cause",
      header: "Last cause",
      cell: ({ row }) => {
        const cause = row.original.node.last_cause;
        return <span title={cause ?? undefined}>{cause ?? ""}</span>;
      },
      meta: { grow: 3 },
    },
  ];
}

function Name({ row, toggle }: { row: TreeRow; toggle: (path: string) => void }) {
  const { node, depth, isOpen, path } = row;
  const Sign = isOpen ? ChevronDown : ChevronRight;
  return (
    <span
      className="flex items-center gap-1"
      style={{ paddingLeft: `${Math.min(depth, 8) * 1.25}rem` }}
    >
      {node.children.length > 0 ? (
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`Actors below ${node.name}`}
          className="inline-flex size-6 shrink-0 items-center justify-center rounded text-muted hover:bg-hover hover:text-text"
          onClick={() => toggle(path)}
        >
          <Sign aria-hidden className="size-4" />
        </button>
      ) : (
        <span aria-hidden className="size-6 shrink-0" />
      )}
      <span className={cx("truncate", depth === 0 && "font-medium")} title={node.name}>
        {node.name}
      </span>
      <span className="shrink-0 text-xs text-muted">
        {node.kind === node.name ? null : node.kind.replaceAll("_", " ")}
        {!isOpen && node.children.length > 0
          ? ` · ${counted(node.children.length, "child", "children")}`
          : null}
      </span>
    </span>
  );
}

const RESTART_COLUMNS: Column<Restart>[] = [
  {
    id: "at",
    header: "When",
    cell: ({ row }) => <Time at={row.original.at} as="date" />,
    meta: { width: 13 },
  },
  {
    id: "name",
    header: "Actor",
    cell: ({ row }) => <span title={row.original.name}>{row.original.name}</span>,
    meta: { grow: 1 },
  },
  {
    id: "cause",
    header: "Cause",
    cell: ({ row }) => <span title={row.original.cause}>{row.original.cause}</span>,
    meta: { grow: 3 },
  },
];

function Restarts({ restarts }: { restarts: Restart[] }) {
  const newest = useMemo(() => [...restarts].sort((a, b) => b.at.localeCompare(a.at)), [restarts]);
  return (
    <Card>
      <CardHead title="Restarts" hint="since this start of the server, newest first" />
      <DataTable
        label="Restarts"
        columns={RESTART_COLUMNS}
        rows={newest}
        rowId={(row) => `${row.at}${row.name}${newest.indexOf(row)}`}
        rowHeight={36}
        className="max-h-[40dvh]"
        empty={
          <Empty title="Nothing had to be started again">
            When an actor fails, its supervisor starts it anew, and says here why.
          </Empty>
        }
      />
    </Card>
  );
}
