// One nmap run from one line: type, run, read. It is kept like any scan.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useCallback, useState } from "react";
import { ApiProblem, api, isMissing, take } from "@/api/client";
import { scanQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, Card, CodeInput, Field, Notice } from "@/components/basics";
import { sayFailure } from "@/components/overlays";
import { PageHead } from "@/components/page";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { isActive } from "@/components/verdicts";
import { type FormErrors, formErrors, NO_ERRORS } from "@/lib/fields";
import { words } from "@/lib/format";
import { anId, aText, useParamsOf } from "@/lib/search-params";
import { splitTargets } from "@/lib/targets";
import { Result } from "./quick/result";
import { useRun } from "./quick/run";
import { Waiting, Watch } from "./quick/watch";

const PARAMS = { targets: aText, flags: aText, scan: anId };

export default function Quick() {
  const [params, setParams] = useParamsOf(PARAMS);
  const [targets, setTargets] = useState(params.targets ?? "");
  const [flags, setFlags] = useState(params.flags ?? "");
  const mayRun = useMay("operator");
  const [since, setSince] = useState(0);
  const onScan = useCallback((scan: number) => setParams({ scan }), [setParams]);
  const { run, isWaiting, start, cancel } = useRun(onScan);
  const errors: FormErrors = run.error
    ? formErrors(run.error, ["targets", "nmap_flags"])
    : NO_ERRORS;
  const list = splitTargets(targets).words;
  const go = () => {
    setSince(Date.now());
    setParams({ targets: aText(targets), flags: aText(flags), scan: undefined });
    void start(list, words(flags));
  };
  return (
    <>
      <PageHead title="Quick scan">
        <p className="text-sm text-muted">
          One nmap process over a few targets. For large ranges, batches and retries,{" "}
          <Link to="/scans/new" className="underline">
            start a scan
          </Link>
          .
        </p>
      </PageHead>
      <Card className="mb-4">
        <form
          noValidate
          className="grid items-start gap-4 p-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto]"
          onSubmit={(event) => {
            event.preventDefault();
            if (list.length > 0 && !isWaiting && mayRun) go();
          }}
        >
          <Field
            id="quick-targets"
            label="Targets"
            error={errors.fields.targets}
            hint="Up to 4,096 addresses, with blanks between"
          >
            <CodeInput
              id="quick-targets"
              placeholder="127.0.0.1"
              aria-invalid={Boolean(errors.fields.targets)}
              value={targets}
              onChange={(event) => setTargets(event.target.value)}
            />
          </Field>
          <Field
            id="quick-flags"
            label="nmap flags"
            error={errors.fields.nmap_flags}
            hint="May be empty"
          >
            <CodeInput
              id="quick-flags"
              placeholder="-sV -F"
              aria-invalid={Boolean(errors.fields.nmap_flags)}
              value={flags}
              onChange={(event) => setFlags(event.target.value)}
            />
          </Field>
          <Button
            type="submit"
            variant="primary"
            className="sm:mt-6"
            disabled={isWaiting || list.length === 0 || !mayRun}
            title={mayRun ? undefined : "That needs the role operator"}
          >
            <Play aria-hidden className="size-4" />
            Run
          </Button>
        </form>
      </Card>
      <Outcome
        {...{ run, isWaiting, cancel, since, errors }}
        scan={isWaiting ? (run.scanId ?? undefined) : params.scan}
      />
    </>
  );
}

interface OutcomeProps {
  run: ReturnType<typeof useRun>["run"];
  isWaiting: boolean;
  cancel: () => void;
  since: number;
  errors: FormErrors;
  scan: number | undefined;
}

function Outcome({ run, isWaiting, cancel, since, errors, scan }: OutcomeProps) {
  if (isWaiting && scan === undefined) return <Waiting since={since} cancel={cancel} />;
  if (isWaiting && scan !== undefined) return <Watch id={scan} cancel={cancel} />;
  const isAtFields = Object.keys(errors.fields).length > 0 && errors.rest === null;
  return (
    <div className="flex flex-col gap-4">
      {run.isCancelled ? (
        <Notice tone="warn" title="Cancelled">
          The server stops nmap, and keeps what it had found.
        </Notice>
      ) : null}
      {run.error && !isAtFields ? <NmapFailed error={run.error} /> : null}
      {scan !== undefined ? (
        <KeptScan key={`${scan}${run.isCancelled}`} id={scan} />
      ) : !run.error && !run.isCancelled ? (
        <Card>
          <Empty title="Nothing has run here yet">
            Results come as a table and as nmap wrote them. Leaving the page while nmap runs stops
            it.
          </Empty>
        </Card>
      ) : null}
    </div>
  );
}

/** nmap's own words keep their lines. */
function NmapFailed({ error }: { error: unknown }) {
  if (!(error instanceof ApiProblem) || error.code !== "nmap-failed")
    return <Failed error={error} />;
  return (
    <Notice tone="danger" title={error.problem.title}>
      <pre className="max-h-60 overflow-auto font-mono text-xs break-words whitespace-pre-wrap">
        <bdi>{error.problem.detail}</bdi>
      </pre>
    </Notice>
  );
}

/** A scan that a link names, or that has just ended. */
function KeptScan({ id }: { id: number }) {
  const query = useQuery(scanQuery(id));
  const stop = async () => {
    try {
      await take(api.POST("/api/scans/{id}/stop", { params: { path: { id } } }));
    } catch (error) {
      sayFailure(`Scan ${id} is not stopped`, error);
    }
  };
  const again = useCallback(() => void query.refetch(), [query.refetch]);
  if (isMissing(query.error)) {
    return (
      <Card>
        <Empty title={`There is no scan ${id}`}>
          It may have been deleted. Run it again above.
        </Empty>
      </Card>
    );
  }
  if (!query.data) {
    return query.error ? <Failed error={query.error} retry={again} /> : <LoadingRows />;
  }
  return isActive(query.data.status) ? (
    <Watch id={id} cancel={() => void stop()} onEnd={again} />
  ) : (
    <Result scan={query.data} />
  );
}
