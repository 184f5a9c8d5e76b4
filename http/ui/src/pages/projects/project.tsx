// One project: its scans, its scope, what it is granted. Each part has a URL.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { isMissing } from "@/api/client";
import { projectQuery, projectScansQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, buttonClass, Card, Time } from "@/components/basics";
import { Missing } from "@/components/missing";
import { PageHead, TabLinks, tabClass } from "@/components/page";
import { SCAN_ROW, SCAN_WIDTH, scanColumns } from "@/components/scans";
import { Empty, Failed, Loaded, LoadingRows } from "@/components/states";
import { DataTable } from "@/components/table";
import { counted } from "@/lib/format";
import { anId, oneOf, useParamsOf } from "@/lib/search-params";
import { ProjectDialog } from "./edit";
import { Grants } from "./grants";
import { DeleteProject } from "./remove";
import { ProjectScope } from "./scope";

const TABS = [
  { key: "scans", label: "Scans" },
  { key: "scope", label: "Scope" },
  { key: "grants", label: "Grants" },
] as const;
const PARAMS = { tab: oneOf(["scans", "scope", "grants"]) };

function ProjectScans({ id }: { id: number }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(projectScansQuery(id));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows), [query.data]);
  const columns = useMemo(() => scanColumns({ project: false }), []);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Loaded query={{ ...query, data: rows }}>
      {(scans) => (
        <Card>
          <DataTable
            label="Scans of this project"
            columns={columns}
            rows={scans}
            rowId={(scan) => String(scan.id)}
            rowHeight={SCAN_ROW}
            minWidth={SCAN_WIDTH}
            className="max-h-[calc(100dvh-15rem)] min-h-40"
            onRow={(scan) =>
              void navigate({ to: "/scans/$scanId", params: { scanId: String(scan.id) } })
            }
            onEnd={more}
            empty={
              <Empty
                title="No scan in this project yet"
                action={
                  <Link
                    to="/scans/new"
                    search={{ project: id } as never}
                    className={buttonClass("primary")}
                  >
                    Start one
                  </Link>
                }
              >
                Its scans will be listed here, newest first.
              </Empty>
            }
          />
        </Card>
      )}
    </Loaded>
  );
}

export default function ProjectPage() {
  const { projectId = "" } = useParams({ strict: false });
  const id = anId(projectId);
  if (id === undefined) return <Gone text={projectId} />;
  return <Known key={id} id={id} />;
}

function Gone({ text }: { text: string }) {
  return (
    <Missing what="project" name={text} list={{ label: "All projects", to: "/projects" }}>
      It may have been deleted, or your token does not see it.
    </Missing>
  );
}

function Known({ id }: { id: number }) {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const query = useQuery(projectQuery(id));
  const [{ tab = "scans" }] = useParamsOf(PARAMS);
  const [isEdited, setEdited] = useState(false);
  const project = query.data;
  if (!project) {
    if (isMissing(query.error)) return <Gone text={String(id)} />;
    return (
      <>
        <PageHead title={`Project ${id}`} crumbs={[{ label: "Projects", to: "/projects" }]} />
        {query.error ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : (
          <LoadingRows />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={<bdi>{project.name}</bdi>}
        name={project.name}
        crumbs={[{ label: "Projects", to: "/projects" }]}
        aside={
          <span className="num text-sm text-muted">{counted(project.scan_count, "scan")}</span>
        }
        actions={
          mayChange ? (
            <>
              <Button onClick={() => setEdited(true)}>
                <Pencil aria-hidden className="size-4" />
                Change
              </Button>
              <DeleteProject
                project={project}
                onDone={() => void navigate({ to: "/projects" })}
                trigger={(open) => (
                  <Button variant="danger" onClick={open}>
                    <Trash2 aria-hidden className="size-4" />
                    Delete
                  </Button>
                )}
              />
              <Link
                to="/scans/new"
                search={{ project: id } as never}
                className={buttonClass("primary")}
              >
                <Plus aria-hidden className="size-4" />
                Scan in this project
              </Link>
            </>
          ) : null
        }
      >
        <p className="max-w-prose text-sm break-words text-muted">
          {project.description ? (
            <>
              <bdi>{project.description}</bdi>
              {" · "}
            </>
          ) : null}
          #{project.id}, made <Time at={project.created_at} />
        </p>
        <TabLinks label="Parts of the project">
          {TABS.map(({ key, label }) => (
            <Link
              key={key}
              to="/projects/$projectId"
              params={{ projectId: String(id) }}
              search={(key === "scans" ? {} : { tab: key }) as never}
              className={tabClass}
              activeOptions={{ exact: true, includeSearch: true }}
              aria-current={tab === key ? "page" : undefined}
            >
              {label}
            </Link>
          ))}
        </TabLinks>
      </PageHead>
      {tab === "scans" ? <ProjectScans id={id} /> : null}
      {tab === "scope" ? <ProjectScope id={id} /> : null}
      {tab === "grants" ? <Grants project={project} /> : null}
      {isEdited ? <ProjectDialog open onOpenChange={setEdited} project={project} /> : null}
    </>
  );
}
