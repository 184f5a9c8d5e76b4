// For who is here for the first time: what to do, in order, and what is safe to try.
import { Link } from "@tanstack/react-router";
import { Crosshair, FolderKanban, ShieldCheck, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { SystemInfo } from "@/api/client";
import { buttonClass, Card, CardHead } from "@/components/basics";

function Step({
  icon,
  title,
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-4 last:border-b-0">
      <span
        aria-hidden
        className="grid size-9 place-items-center rounded-full bg-accent-soft text-accent"
      >
        {icon}
      </span>
      <div className="min-w-0 flex-1 basis-64">
        <h3 className="text-sm font-semibold">{title}</h3>
        <div className="text-sm text-muted">{children}</div>
      </div>
      {action}
    </li>
  );
}

export function FirstSteps({ system }: { system: SystemInfo | undefined }) {
  const scope = system?.scope;
  return (
    <Card>
      <CardHead title="First steps" hint="this server has not scanned anything yet" />
      <ol>
        <Step
          icon={<Zap className="size-4" />}
          title="Try it on this machine"
          action={
            <Link
              to="/scans/new"
              search={{ targets: "127.0.0.1", flags: "-F -sV", name: "First try" } as never}
              className={buttonClass("primary")}
            >
              Scan 127.0.0.1
            </Link>
          }
        >
          The form is filled in; it shows the exact nmap command before anything starts.
        </Step>
        <Step
          icon={<FolderKanban className="size-4" />}
          title="Make a project"
          action={
            <Link to="/projects" className={buttonClass()}>
              Projects
            </Link>
          }
        >
          It keeps scans that belong together, and can say which addresses they may touch.
        </Step>
        <Step
          icon={<Crosshair className="size-4" />}
          title="Scan a network"
          action={
            <Link to="/scans/new" className={buttonClass()}>
              New scan
            </Link>
          }
        >
          Type blocks and ranges, or drop a file. Large ones are cut into batches; hosts appear as
          nmap finds them.
        </Step>
        <Step
          icon={<ShieldCheck className="size-4" />}
          title="What may be scanned"
          action={
            <Link to="/system" className={buttonClass()}>
              Look at the scope
            </Link>
          }
        >
          {scope ? (
            <>
              Now:{" "}
              <span className="font-mono text-xs break-all">
                {scope.effective.slice(0, 5).join(", ") || "nothing"}
                {scope.effective.length > 5 || scope.effective_truncated ? " …" : ""}
              </span>
              . Scan only what you are allowed to.
            </>
          ) : (
            "Scan only what you are allowed to."
          )}
        </Step>
      </ol>
    </Card>
  );
}
