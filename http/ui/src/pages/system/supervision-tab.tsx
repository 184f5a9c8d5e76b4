// Who watches whom in the server, what was started again, and why.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { Badge, Card, CardHead, cx, Notice, Time, type Tone } from "@/components/basics";
import { Empty, Loaded } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { count, counted } from "@/lib/format";
import { ReadAt } from "./parts";
import { supervisionQuery } from "./queries";
import { nodeLink, type Restart, rowsOf, type Supervision, type TreeRow, totals } from "./tree";

const TONES: Record<string, Tone> = {
  running: "good",
  starting: "info",
  settling: "info",
  waiting: "warn",
  resting: "warn",
  restarting: "warn",
  paused: "warn",
  stopping: "warn",
  low: "warn",
  full: "danger",
  degraded: "danger",
  given_up: "danger",
  failed: "danger",
};

export function SupervisionTab() {
  const query = useQuery(supervisionQuery);
  return (
    <Loaded query={query}>
      {(tree) => (
        <div className="flex flex-col gap-4">
          <TreeCard tree={tree} readAt={<ReadAt query={query} />} />
          <Restarts restarts={tree.restarts} total={tree.restarts_total} />
        </div>
      )}
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
        hint={`${counted(all.nodes, "part")}${tree.truncated ? " shown" : ""}, ${counted(all.restarts, "restart")} of those that live`}
        actions={readAt}
      />
      {tree.truncated ? (
        <div className="p-3">
          <Notice tone="warn">
            There is more than the server tells at once: those nearest to the root are shown.
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
        empty={<Empty title="Nothing runs">A server of which nothing runs is about to end.</Empty>}
      />
    </Card>
  );
}

function treeColumns(toggle: (path: string) => void): Column<TreeRow>[] {
  return [
    {
      id: "name",
      header: "Part",
      cell: ({ row }) => <Name row={row.original} toggle={toggle} />,
      meta: { grow: 3 },
    },
    {
      id: "state",
      header: "State",
      cell: ({ row }) => (
        <Badge tone={TONES[row.original.node.state] ?? "neutral"}>
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
  const to = nodeLink(node);
  const more = [
    node.attempt == null ? "" : `attempt ${node.attempt}`,
    node.pid == null ? "" : `process ${node.pid}`,
    isOpen || node.children.length === 0 ? "" : `${count(node.children.length)} below`,
  ].filter(Boolean);
  return (
    <span
      className="flex items-center gap-1"
      style={{ paddingLeft: `${Math.min(depth, 8) * 1.25}rem` }}
    >
      {node.children.length > 0 ? (
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`Below ${node.name}`}
          className="inline-flex size-7 shrink-0 items-center justify-center rounded text-muted hover:bg-hover hover:text-text"
          onClick={() => toggle(path)}
        >
          <Sign aria-hidden className="size-4" />
        </button>
      ) : (
        <span aria-hidden className="size-7 shrink-0" />
      )}
      <span className={cx("truncate", depth === 0 && "font-medium")} title={node.name}>
        {to ? (
          <Link to={to as "/"} className="hover:underline">
            {node.name}
          </Link>
        ) : (
          node.name
        )}
      </span>
      <span className="num shrink-0 text-xs text-muted">{more.join(" · ")}</span>
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
    header: "Part",
    cell: ({ row: { original } }) => {
      const to = nodeLink(original);
      return to ? (
        <Link to={to as "/"} className="hover:underline">
          {original.name}
        </Link>
      ) : (
        original.name
      );
    },
    meta: { grow: 1 },
  },
  {
    id: "cause",
    header: "Cause",
    cell: ({ row }) => <span title={row.original.cause}>{row.original.cause}</span>,
    meta: { grow: 3 },
  },
];

function Restarts({ restarts, total }: { restarts: Restart[]; total: number }) {
  const newest = useMemo(() => [...restarts].reverse(), [restarts]);
  return (
    <Card>
      <CardHead
        title="Failures and restarts"
        hint={
          total > restarts.length
            ? `the newest ${count(restarts.length)} of ${count(total)} since this start of the server`
            : "since this start of the server, newest first"
        }
      />
      <DataTable
        label="Restarts"
        columns={RESTART_COLUMNS}
        rows={newest}
        rowId={(row) => `${row.at}${row.name}${newest.indexOf(row)}`}
        rowHeight={36}
        className="max-h-[40dvh]"
        empty={
          <Empty title="Nothing had to be started again">
            When a part fails, what supervises it starts it anew, and says here why.
          </Empty>
        }
      />
    </Card>
  );
}
