// Before the start: what would run, whether it may, and what is in the way.
import { CircleAlert, CircleCheck, LoaderCircle, Play, ShieldAlert } from "lucide-react";
import type { Preview } from "@/api/client";
import { Button, Card, Notice, Skeleton } from "@/components/basics";
import { Command } from "@/components/command";
import { CopyButton } from "@/components/copy";
import { Failed } from "@/components/states";
import { count, shell } from "@/lib/format";

export interface PanelProps {
  preview: Preview | null;
  /** Whether the size of batches is tuned, so that their number is a guess. */
  isTuned: boolean;
  isOld: boolean;
  previewError: unknown;
  again: () => void;
  hindrances: string[];
  /** What the server says of no field. */
  rest: string[];
  startError: unknown;
  busy: boolean;
  mayStart: boolean;
}

export function Panel(props: PanelProps) {
  const { preview, hindrances, busy, mayStart } = props;
  const isReady = hindrances.length === 0 && preview !== null && mayStart;
  return (
    <Card aria-label="What would run" className="lg:sticky lg:top-18">
      <header className="flex min-h-11 items-center gap-2 border-b border-line px-4 py-2">
        <h2 className="text-sm font-semibold">What would run</h2>
        <span aria-live="polite" className="ml-auto text-xs text-muted">
          {props.isOld && !props.previewError && mayStart ? (
            <span className="flex items-center gap-1.5">
              <LoaderCircle aria-hidden className="size-3.5 motion-safe:animate-spin" />
              checking
            </span>
          ) : null}
        </span>
      </header>
      <div className="flex flex-col gap-4 p-4 lg:max-h-[calc(100dvh-14rem)] lg:overflow-y-auto">
        {props.previewError ? <Failed error={props.previewError} retry={props.again} /> : null}
        {preview ? (
          <Facts preview={preview} isTuned={props.isTuned} />
        ) : props.previewError || !mayStart ? null : (
          <Skeleton className="h-40 w-full" />
        )}
        {props.rest.map((detail) => (
          <Notice key={detail} tone="danger">
            {detail}
          </Notice>
        ))}
        {props.startError ? <Failed error={props.startError} /> : null}
      </div>
      <footer className="flex flex-col gap-2 border-t border-line p-4">
        <Hindrances {...props} isReady={isReady} />
        <Button
          type="submit"
          variant="primary"
          className="w-full"
          disabled={!isReady || busy}
          aria-describedby="hindrances"
        >
          <Play aria-hidden className="size-4" />
          {busy ? "Starting …" : "Start scan"}
          {isReady && !busy && preview.addresses > 0 ? (
            <span className="num font-normal">of {count(preview.addresses)}</span>
          ) : null}
        </Button>
      </footer>
    </Card>
  );
}

function Hindrances(props: PanelProps & { isReady: boolean }) {
  const { hindrances, mayStart, preview, previewError, isReady } = props;
  if (!mayStart) {
    return (
      <p id="hindrances" className="flex gap-2 text-sm text-warn">
        <ShieldAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        You may look, not scan: that needs the role operator.
      </p>
    );
  }
  if (isReady) {
    return (
      <p id="hindrances" className="flex gap-2 text-sm text-good">
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0" />
        Ready. {preview && preview.unresolved.length > 0 ? "Unresolved names are left out." : ""}
      </p>
    );
  }
  const said = hindrances.join(", ");
  return (
    <p id="hindrances" className="flex gap-2 text-sm text-muted">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      {said
        ? said[0]?.toUpperCase() + said.slice(1)
        : previewError
          ? "Not checked, for the reason above"
          : "Not checked yet"}
    </p>
  );
}

function Facts({ preview, isTuned }: { preview: Preview; isTuned: boolean }) {
  return (
    <>
      <dl className="grid grid-cols-3 gap-3">
        <Fact name="Addresses" value={count(preview.addresses)} />
        <Fact
          name="Batches"
          value={
            isTuned && preview.batches > 1
              ? `about ${count(preview.batches)}`
              : count(preview.batches)
          }
          title={isTuned ? "Batches get larger or smaller as the scan goes" : undefined}
        />
        <Fact name="Excluded" value={count(preview.excluded)} />
      </dl>
      <Commands preview={preview} />
      <ScopeSaid preview={preview} />
      <Said
        title="Otherwise than asked, for want of privilege"
        lines={preview.fallback}
        tone="warn"
      />
      <Said title="To know" lines={preview.warnings} tone="info" />
    </>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="num truncate text-lg font-semibold" title={title ?? value}>
        {value}
      </dd>
    </div>
  );
}

function Commands({ preview }: { preview: Preview }) {
  const { phases = [] } = preview;
  const steps =
    phases.length > 0 ? phases : preview.argv.length > 0 ? [{ phase: "", argv: preview.argv }] : [];
  if (steps.length === 0) {
    return (
      <div>
        <h3 className="text-xs text-muted">Command</h3>
        <p className="text-sm text-muted">None yet: a flag is refused.</p>
      </div>
    );
  }
  return steps.map(({ phase, argv }) => (
    <div key={phase}>
      <div className="mb-1 flex items-center gap-2">
        <h3 className="text-xs text-muted">
          {phase ? `Command of step “${phase}”` : "Command"}, then a batch's targets
        </h3>
        <div className="ml-auto">
          <CopyButton text={shell(argv)} />
        </div>
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
        tabIndex={0}
        className="max-h-40 overflow-auto rounded-md bg-sunken p-2.5 font-mono text-xs whitespace-normal"
      >
        <Command argv={argv} />
      </pre>
    </div>
  ));
}

function ScopeSaid({ preview }: { preview: Preview }) {
  const { scope } = preview;
  if (preview.total_targets === 0) return null;
  if (scope.allowed) {
    return (
      <p className="flex items-center gap-2 text-sm">
        <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
        All addresses are in scope.
      </p>
    );
  }
  return (
    <Notice tone="danger" title={`Out of scope: ${count(scope.out_of_scope)}`}>
      <ul className="flex flex-col gap-1.5 text-xs">
        {scope.problems.map((problem) => (
          <li key={problem.detail} className="break-words">
            {problem.detail}
            {problem.ranges_total > problem.ranges.length
              ? ` (the first ${count(problem.ranges.length)} of ${count(problem.ranges_total)} ranges)`
              : null}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Said({ title, lines, tone }: { title: string; lines: string[]; tone: "warn" | "info" }) {
  if (lines.length === 0) return null;
  return (
    <Notice tone={tone} title={title}>
      <ul className="flex flex-col gap-1 text-xs">
        {lines.map((line) => (
          <li key={line} className="break-words">
            {line}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
