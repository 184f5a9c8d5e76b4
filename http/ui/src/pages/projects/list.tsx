// All projects: how many scans each has, and when something happened last.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FolderOpen, Pencil, Plus, Trash2 } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { Project } from "@/api/client";
import { useMay } from "@/app/session";
import { Badge, Button, Card, IconButton, Input, Time } from "@/components/basics";
import { PageHead } from "@/components/page";
import { ScanState } from "@/components/scans";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { type Column, DataTable } from "@/components/table";
import { count, counted } from "@/lib/format";
import { aText, useParamsOf } from "@/lib/search-params";
import { ProjectDialog } from "./edit";
import { newestOfProject, projectPagesQuery } from "./queries";
import { DeleteProject } from "./remove";

const FILTERS = { q: aText };

/** The project's newest scan; only rows in sight ask for it. */
function Newest({ project, what }: { project: Project; what: "state" | "time" }) {
  const { data } = useQuery({
    ...newestOfProject(project.id, 1),
    enabled: project.scan_count > 0,
  });
  const scan = data?.[0];
  if (!scan) return <span className="text-muted">{project.scan_count > 0 ? "\u00a0" : "–"}</span>;
  if (what === "time") return <Time at={scan.finished_at ?? scan.started_at ?? scan.created_at} />;
  return <ScanState scan={scan} />;
}

function Grants({ project }: { project: Project }) {
  const { scripts, evasion } = project.grants;
  if (scripts === "safe" && !evasion) return null;
  return (
    <Badge tone="warn" title="What its scans may do beyond what every operator may">
      {[scripts === "safe" ? null : `scripts: ${scripts}`, evasion ? "evasion" : null]
        .filter(Boolean)
        .join(", ")}
    </Badge>
  );
}

function columnsOf(mayChange: boolean, edit: (project: Project) => void): Column<Project>[] {
  const columns: Column<Project>[] = [
    {
      id: "name",
      header: "Project",
      meta: { grow: 1 },
      cell: ({ row: { original: project } }) => (
        <div className="min-w-0">
          <div className="flex items-center gap-2">
            <Link
              to="/projects/$projectId"
              params={{ projectId: String(project.id) }}
              className="-my-1 truncate py-1 font-medium hover:underline"
              title={project.name}
            >
              <bdi>{project.name}</bdi>
            </Link>
            <Grants project={project} />
          </div>
          <div className="truncate text-xs text-muted" title={project.description ?? undefined}>
            <bdi>{project.description || `#${project.id}`}</bdi>
          </div>
        </div>
      ),
    },
    {
      id: "state",
      header: "Newest scan",
      meta: { width: 9 },
      cell: ({ row }) => <Newest project={row.original} what="state" />,
    },
    {
      id: "activity",
      header: "Last activity",
      meta: { width: 8, align: "right" },
      cell: ({ row }) => <Newest project={row.original} what="time" />,
    },
    {
      id: "scans",
      header: "Scans",
      meta: { width: 6, align: "right" },
      cell: ({ row }) => count(row.original.scan_count),
    },
    {
      id: "made",
      header: "Made",
      meta: { width: 8, align: "right" },
      cell: ({ row }) => <Time at={row.original.created_at} />,
    },
  ];
  if (!mayChange) return columns;
  columns.push({
    id: "actions",
    header: () => <span className="sr-only">Change</span>,
    meta: { width: 7, align: "right" },
    cell: ({ row: { original: project } }) => (
      <>
        <IconButton
          label={`Change ${project.name}`}
          className="size-8"
          onClick={() => edit(project)}
        >
          <Pencil aria-hidden className="size-4" />
        </IconButton>
        <DeleteProject
          project={project}
          trigger={(open) => (
            <IconButton label={`Delete ${project.name}`} className="size-8" onClick={open}>
              <Trash2 aria-hidden className="size-4" />
            </IconButton>
          )}
        />
      </>
    ),
  });
  return columns;
}

function hasText(project: Project, text: string): boolean {
  return `${project.name} ${project.description ?? ""}`.toLowerCase().includes(text.toLowerCase());
}

export default function Projects() {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [filter, setFilter] = useParamsOf(FILTERS);
  const [text, setText] = useState(filter.q ?? "");
  const query = useInfiniteQuery(projectPagesQuery);
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query;
  const [edited, setEdited] = useState<Project | "new" | null>(null);
  // A text is looked for here, so all projects are read.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.rows), [query.data]);
  const rows = useMemo(
    () => all?.filter((project) => !filter.q || hasText(project, filter.q)),
    [all, filter.q],
  );
  const columns = useMemo(() => columnsOf(mayChange, setEdited), [mayChange]);
  const make = mayChange ? (
    <Button variant="primary" onClick={() => setEdited("new")}>
      <Plus aria-hidden className="size-4" />
      New project
    </Button>
  ) : null;
  return (
    <>
      <PageHead
        title="Projects"
        aside={
          rows ? (
            <span className="num text-sm text-muted">{counted(rows.length, "project")}</span>
          ) : null
        }
        actions={make}
      />
      <search className="mb-3 block">
        <Input
          type="search"
          aria-label="Find in name and description"
          placeholder="Name or description"
          className="sm:max-w-72"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setFilter({ q: aText(event.target.value) });
          }}
        />
      </search>
      {query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : null}
      {rows === undefined && !query.error ? <LoadingRows /> : null}
      {rows ? (
        <Card>
          <DataTable
            label="Projects"
            columns={columns}
            rows={rows}
            rowId={(project) => String(project.id)}
            rowHeight={52}
            minWidth={760}
            className="max-h-[calc(100dvh-13rem)] min-h-40"
            onRow={(project) =>
              void navigate({
                to: "/projects/$projectId",
                params: { projectId: String(project.id) },
              })
            }
            empty={
              filter.q ? (
                <Empty title="No project is called so">
                  {counted(all?.length ?? 0, "project")} looked at.
                </Empty>
              ) : (
                <Empty
                  icon={<FolderOpen aria-hidden className="size-8" />}
                  title="No project yet"
                  action={make}
                >
                  A project keeps scans that belong together, and says what they may touch. A scan
                  without one goes to “Default”.
                </Empty>
              )
            }
          />
        </Card>
      ) : null}
      <ProjectDialog
        key={edited === null ? "none" : edited === "new" ? "new" : edited.id}
        open={edited !== null}
        onOpenChange={(open) => !open && setEdited(null)}
        project={edited === "new" ? null : edited}
        onDone={(project) => {
          if (edited === "new")
            void navigate({
              to: "/projects/$projectId",
              params: { projectId: String(project.id) },
            });
        }}
      />
    </>
  );
}
