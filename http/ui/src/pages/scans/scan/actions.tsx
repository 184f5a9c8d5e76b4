// What can be done with a scan, as its state and one's role allow.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  ChevronDown,
  CirclePlay,
  Copy,
  Download,
  Ellipsis,
  GitCompareArrows,
  OctagonX,
  Pause,
  RotateCcw,
  Square,
  Trash2,
} from "lucide-react";
import { useEffect, useState } from "react";
import { api, apiUrl, type Scan, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, buttonClass, IconButton } from "@/components/basics";
import { Confirm, Menu, type MenuItem, say, sayFailure } from "@/components/overlays";
import { copyText } from "@/components/text/save";
import { count, counted } from "@/lib/format";
import { commandOf, isEnded, isInterrupted, totalOf } from "./view";

export function Actions({ scan }: { scan: Scan }) {
  const mayAct = useMay("operator");
  return (
    <>
      {mayAct ? <Control scan={scan} /> : null}
      {mayAct && isEnded(scan.status) ? <Rescan scan={scan} /> : null}
      <Export scan={scan} />
      <More scan={scan} mayAct={mayAct} />
    </>
  );
}

type Command = "stop" | "pause" | "resume";

function useCommand(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ command, force }: { command: Command; force?: boolean }) => {
      const params = { path: { id } };
      if (command === "pause") return take(api.POST("/api/scans/{id}/pause", { params }));
      if (command === "resume") return take(api.POST("/api/scans/{id}/resume", { params }));
      return take(api.POST("/api/scans/{id}/stop", { params: { ...params, query: { force } } }));
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.scan(id), exact: true }),
  });
}

function Control({ scan }: { scan: Scan }) {
  const command = useCommand(scan.id);
  const go = (what: Command) =>
    command.mutate(
      { command: what },
      { onError: (error) => sayFailure(`Could not ${what} scan ${scan.id}`, error) },
    );
  const canResume = scan.status === "paused" || isInterrupted(scan);
  const canPause = (scan.status === "running" || scan.status === "queued") && !canResume;
  return (
    <>
      {canPause ? (
        <Button disabled={command.isPending} onClick={() => go("pause")}>
          <Pause aria-hidden className="size-4" />
          Pause
        </Button>
      ) : null}
      {canResume ? (
        <Button variant="primary" disabled={command.isPending} onClick={() => go("resume")}>
          <CirclePlay aria-hidden className="size-4" />
          Resume
        </Button>
      ) : null}
      {isEnded(scan.status) || scan.status === "stopping" ? null : (
        <Confirm
          trigger={(open) => (
            <Button variant="danger" onClick={open}>
              <Square aria-hidden className="size-4" />
              Stop
            </Button>
          )}
          title={`Stop scan ${scan.id}?`}
          verb="Stop the scan"
          act={() => command.mutateAsync({ command: "stop" })}
        >
          {counted(scan.progress.running_batches, "running batch", "running batches")} will end.
          Hosts that are finished are kept; {counted(scan.verdicts.unfinished, "target")} will stay
          unfinished, and can be scanned later with Rescan.
        </Confirm>
      )}
      {scan.status === "stopping" ? <Force id={scan.id} /> : null}
    </>
  );
}

/** A stop gives nmap time to end well. Who cannot wait finds this after a second. */
function Force({ id }: { id: number }) {
  const command = useCommand(id);
  const [isDue, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), 1_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Button
      variant="danger"
      disabled={!isDue || command.isPending}
      title="Ends nmap at once, without time to write what it has found"
      onClick={() =>
        command.mutate(
          { command: "stop", force: true },
          { onError: (error) => sayFailure(`Could not stop scan ${id}`, error) },
        )
      }
    >
      <OctagonX aria-hidden className="size-4" />
      Force stop
    </Button>
  );
}

function Rescan({ scan }: { scan: Scan }) {
  const navigate = useNavigate();
  const rescan = useMutation({
    mutationFn: (only: Schemas["RescanOnly"]) =>
      take(
        api.POST("/api/scans/{id}/rescan", {
          params: { path: { id: scan.id } },
          body: { only, confirm: [] },
        }),
      ),
    onSuccess: (made) => {
      say(`Scan ${made.scan_id} was started`, made.warnings.join(" ") || undefined);
      void navigate({ to: "/scans/$scanId", params: { scanId: String(made.scan_id) } });
    },
    onError: (error) => sayFailure(`Could not scan again what scan ${scan.id} left`, error),
  });
  const { unfinished, timed_out } = scan.verdicts;
  const choice = (only: Schemas["RescanOnly"], label: string, of: number): MenuItem => ({
    label: `${label} (${count(of)})`,
    disabled: of === 0 || rescan.isPending,
    onSelect: () => rescan.mutate(only),
  });
  return (
    <Menu
      trigger={
        <Button variant={unfinished > 0 ? "primary" : "plain"}>
          <RotateCcw aria-hidden className="size-4" />
          Rescan
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
      items={[
        choice("unfinished", "Unfinished targets", unfinished),
        choice("timed_out", "Timed out targets", timed_out),
        choice("all", "All targets", totalOf(scan.verdicts)),
      ]}
    />
  );
}

const FORMATS: [string, string][] = [
  ["xml", "nmap XML"],
  ["gnmap", "nmap, for grep"],
  ["json", "JSON"],
  ["jsonl", "JSON Lines"],
  ["csv", "CSV"],
  ["md", "Markdown"],
  ["html", "HTML report"],
];

function Export({ scan }: { scan: Scan }) {
  return (
    <Menu
      trigger={
        <Button>
          <Download aria-hidden className="size-4" />
          Export
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
      items={FORMATS.map(([format, label]) => ({
        label: isEnded(scan.status) ? label : `${label}, as far as it is`,
        href: apiUrl(`/api/scans/${scan.id}/export`, { format }),
      }))}
    />
  );
}

function More({ scan, mayAct }: { scan: Scan; mayAct: boolean }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await take(api.DELETE("/api/scans/{id}", { params: { path: { id: scan.id } } }));
    say(`Scan ${scan.id} was deleted`);
    await navigate({ to: "/scans" });
    client.removeQueries({ queryKey: keys.scan(scan.id) });
    void client.invalidateQueries({ queryKey: keys.scans });
  };
  return (
    <>
      {scan.parent_scan_id ? (
        <Link
          to="/compare"
          search={{ a: scan.parent_scan_id, b: scan.id } as never}
          className={buttonClass("plain")}
        >
          <GitCompareArrows aria-hidden className="size-4" />
          <span className="max-md:sr-only">Compare with scan {scan.parent_scan_id}</span>
        </Link>
      ) : null}
      <Confirm
        trigger={(open) => (
          <Menu
            trigger={
              <IconButton label="More">
                <Ellipsis aria-hidden className="size-4" />
              </IconButton>
            }
            items={[
              {
                label: "Copy nmap's command",
                icon: <Copy aria-hidden className="size-4" />,
                onSelect: () => void copyText("The command", commandOf(scan)),
              },
              {
                label: "Copy the targets",
                icon: <Copy aria-hidden className="size-4" />,
                onSelect: () => void copyText("The targets", scan.targets.join("\n")),
              },
              ...(mayAct
                ? [
                    {
                      label: isEnded(scan.status) ? "Delete" : "Delete (once it has ended)",
                      icon: <Trash2 aria-hidden className="size-4" />,
                      danger: true,
                      disabled: !isEnded(scan.status),
                      onSelect: open,
                    },
                  ]
                : []),
            ]}
          />
        )}
        title={`Delete scan ${scan.id}?`}
        verb="Delete for good"
        act={remove}
      >
        {counted(scan.progress.hosts_up, "host")} with{" "}
        {counted(scan.progress.open_ports, "open port")}, the log and nmap's raw output go with it.
        This cannot be undone; export it first if you may want it later.
      </Confirm>
    </>
  );
}
