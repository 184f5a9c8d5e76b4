// What a page shows when there is nothing, when something failed, and while it loads.
import type { ReactNode } from "react";
import { ApiProblem, UNREACHABLE } from "@/api/client";
import { Button, Notice, Skeleton } from "./basics";

/** Nothing is here yet: says what would be, and what to do for it. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  /** A sign above the title. */
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {icon ? <span className="text-muted">{icon}</span> : null}
      <p className="text-base font-semibold">{title}</p>
      {children ? <div className="max-w-prose text-sm text-muted">{children}</div> : null}
      {action ? <div className="mt-2">{action}</div> : null}
    </div>
  );
}

/** What failed, in the server's words, with a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiProblem ? error.problem : null;
  const title = problem?.title ?? "This page failed";
  const detail = problem?.detail ?? (error instanceof Error ? error.message : String(error));
  return (
    <Notice
      tone={problem?.code === UNREACHABLE ? "warn" : "danger"}
      title={title}
      actions={
        retry ? (
          <Button size="sm" onClick={retry}>
            Try again
          </Button>
        ) : null
      }
    >
      <p>{detail}</p>
      {problem?.errors?.map((one) => (
        <p key={`${one.pointer}${one.detail}`}>
          <code className="font-mono text-xs">{one.pointer}</code> {one.detail}
        </p>
      ))}
      {problem && problem.status !== 0 ? (
        <p className="mt-1 text-xs text-muted">
          {problem.code}
          {problem.request_id ? `, request ${problem.request_id}` : null}
        </p>
      ) : null}
    </Notice>
  );
}

/** Rows that are about to come. */
export function LoadingRows({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={row} className="h-5 w-full" />
      ))}
    </div>
  );
}

/** Shows a query: loading, failed, or its data. */
export function Loaded<T>({
  query,
  loading,
  children,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error ? (
          <div className="mb-3">
            <Failed error={query.error} retry={() => void query.refetch()} />
          </div>
        ) : null}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return loading ?? <LoadingRows />;
}
