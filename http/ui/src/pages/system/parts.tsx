// What the tabs of the system page share.
import type { UseQueryResult } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Notice, Time } from "@/components/basics";
import { CopyButton } from "@/components/copy";

/** Names with their values, aligned. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,max-content)_minmax(0,1fr)] gap-x-6 gap-y-2 px-4 py-3 text-sm">
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="num min-w-0 break-words">{children}</dd>
    </>
  );
}

/** Figures beside each other. */
export function Figures({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 xl:grid-cols-6 [&>*]:bg-surface">
      {children}
    </dl>
  );
}

/** When what is shown was read, as it is not told by events. */
export function ReadAt({ query }: { query: Pick<UseQueryResult, "dataUpdatedAt" | "error"> }) {
  if (query.dataUpdatedAt === 0) return null;
  return (
    <span className={query.error ? "text-xs text-warn" : "text-xs text-muted"}>
      {query.error ? "Not read since " : "Read at "}
      <Time at={new Date(query.dataUpdatedAt).toISOString()} as="clock" />
    </span>
  );
}

/** A command to run, to be copied. */
export function Command({ line, does }: { line: string; does?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <code className="min-w-0 rounded bg-sunken px-2 py-1 font-mono text-xs break-all">
        {line}
      </code>
      <CopyButton text={line} />
      {does ? <span className="text-sm text-muted">{does}</span> : null}
    </div>
  );
}

/** Says that the rest is for administrators, and what to do to be one. */
export function AdminOnly({ what }: { what: string }) {
  return (
    <Notice tone="info" title={`${what} is for administrators of the whole server`}>
      <p className="flex items-start gap-2">
        <ShieldAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-info" />
        <span>
          You are logged in with another role. Log in with a token of the role admin that is bound
          to no project; on the server, <code className="font-mono">netscan token login-url</code>{" "}
          prints a link that does so.
        </span>
      </p>
    </Notice>
  );
}
