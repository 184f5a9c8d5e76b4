// What does not mend itself: the server's own problems, scans that left something undone, and hosts
// that scans could not finish. Each with the way to mend it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { api, type Scan, type SystemInfo, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, Card, CardHead, Notice, Time } from "@/components/basics";
import { say, sayFailure } from "@/components/overlays";
import { ScanState } from "@/components/scans";
import { count, counted } from "@/lib/format";
import { isInterrupted, scanTitle } from "@/lib/scans";
import { serverProblems } from "./problems";

export function ServerProblems({ system }: { system: SystemInfo }) {
  const problems = serverProblems(system);
  if (problems.length === 0) return null;
  return (
    <div className="mb-4 flex flex-col gap-2">
      {problems.map(({ tone, title, detail, mend }) => (
        <Notice
          key={title}
          tone={tone}
          title={title}
          actions={
            <Link to="/system" className="inline-flex min-h-7 items-center text-sm underline">
              System
            </Link>
          }
        >
          <p>{detail}</p>
          <p>{mend}</p>
        </Notice>
      ))}
    </div>
  );
}

/** Scans the unfinished targets again, as a scan of its own. */
function Rescan({ scan }: { scan: Scan }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const rescan = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/scans/{id}/rescan", {
          params: { path: { id: scan.id } },
          body: { only: "unfinished", confirm: [] },
        }),
      ),
    onSuccess: (answer) => {
      say(`Scan ${answer.scan_id} takes up what scan ${scan.id} left`);
      void client.invalidateQueries({ queryKey: keys.scans });
      void navigate({ to: "/scans/$scanId", params: { scanId: String(answer.scan_id) } });
    },
    onError: (error) => sayFailure(`Scan ${scan.id} cannot be scanned again`, error),
  });
  return (
    <Button size="sm" disabled={rescan.isPending} onClick={() => rescan.mutate()}>
      <RotateCw aria-hidden className="size-3.5" />
      Rescan unfinished
    </Button>
  );
}

function why(scan: Scan): string {
  if (isInterrupted(scan))
    return "Cut off: the server goes on with it when it is started again, unless it is stopped.";
  if (scan.error) return scan.error;
  return `${counted(scan.verdicts.unfinished, "target is", "targets are")} unfinished`;
}

const DIFFICULT = 6;

export function Attention({ scans, isCut }: { scans: Scan[]; isCut: boolean }) {
  const may = useMay("operator");
  const difficult = useQuery({
    queryKey: [...keys.scans, "difficult", DIFFICULT],
    queryFn: ({ signal }) =>
      take(api.GET("/api/targets/difficult", { params: { query: { limit: DIFFICULT } }, signal })),
  });
  const hard = difficult.data ?? [];
  const isCalm = scans.length === 0 && hard.length === 0;
  return (
    <Card>
      <CardHead
        title="Needs attention"
        hint={
          scans.length > 0 ? `${count(scans.length)}${isCut ? " of the newest" : ""}` : undefined
        }
      />
      {isCalm && difficult.isSuccess ? (
        <p className="px-4 py-6 text-center text-sm text-muted">
          Nothing: no scan left targets undone.
        </p>
      ) : null}
      <ul>
        {scans.slice(0, 6).map((scan) => (
          <li
            key={scan.id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-4 py-2.5"
          >
            <div className="min-w-0 flex-1 basis-56">
              <p className="flex items-center gap-2">
                <ScanState scan={scan} />
                <Link
                  to="/scans/$scanId"
                  params={{ scanId: String(scan.id) }}
                  className="min-w-0 truncate text-sm font-medium hover:underline"
                  title={scanTitle(scan)}
                >
                  <bdi>{scanTitle(scan)}</bdi>
                </Link>
              </p>
              <p className="mt-0.5 text-xs break-words text-muted">{why(scan)}</p>
            </div>
            {may && !isInterrupted(scan) && scan.verdicts.unfinished > 0 ? (
              <Rescan scan={scan} />
            ) : null}
          </li>
        ))}
      </ul>
      {scans.length > 6 ? (
        <p className="px-4 py-2 text-xs">
          <Link to="/scans" search={{ status: "failed" } as never} className="underline">
            All failed scans
          </Link>
        </p>
      ) : null}
      {hard.length > 0 ? (
        <div className="px-4 py-3">
          <h3 className="mb-1.5 flex items-center text-xs font-medium text-muted">
            Hosts that could not be finished
            <Link to="/difficult" className="ml-auto inline-flex min-h-7 items-center underline">
              All of them
            </Link>
          </h3>
          <ul className="flex flex-col">
            {hard.map((host) => (
              <li key={host.address} className="flex items-baseline gap-3 text-sm">
                <Link
                  to="/addresses/$address"
                  params={{ address: host.address }}
                  className="inline-flex min-h-7 items-center font-mono text-xs hover:underline"
                >
                  {host.address}
                </Link>
                <span
                  className="min-w-0 flex-1 truncate text-xs text-muted"
                  title={host.history[0]?.detail}
                >
                  {host.history[0]?.detail}
                </span>
                <span className="num text-xs text-muted">
                  {counted(host.times, "time")}, <Time at={host.history[0]?.at} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {difficult.error ? (
        <p role="alert" className="px-4 py-3 text-sm text-danger">
          Difficult targets are not read: {difficult.error.message}
        </p>
      ) : null}
    </Card>
  );
}
