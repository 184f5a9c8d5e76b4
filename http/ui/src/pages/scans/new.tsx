// A new scan: what, how, where it is kept; and beside it what the server would make of that.
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { ChevronRight, RotateCcw } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { isMissing } from "@/api/client";
import { profilesQuery } from "@/api/profiles";
import { scanQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, Card, CardHead, cx, Notice } from "@/components/basics";
import { Missing } from "@/components/missing";
import { PageHead } from "@/components/page";
import { Failed, LoadingRows } from "@/components/states";
import { anId, aText, type Reader, useParamsOf } from "@/lib/search-params";
import { ADVANCED, Advanced } from "./new-scan/advanced";
import {
  type Draft,
  draftOfScan,
  EMPTY,
  isChunkTuned,
  meaningOf,
  withPrefill,
} from "./new-scan/draft";
import { Flags } from "./new-scan/flags";
import { hindrances, sortErrors } from "./new-scan/form";
import { forgetDraft, keptDraft, useKeeping } from "./new-scan/kept";
import { Panel } from "./new-scan/panel";
import { Place } from "./new-scan/place";
import { errorsOf, usePreview } from "./new-scan/preview";
import { useStarting } from "./new-scan/start";
import { Excludes, Targets } from "./new-scan/targets";

const aLongText: Reader<string> = (text) => (text.trim() === "" ? undefined : text.trim());
const PARAMS = {
  targets: aLongText,
  exclude: aLongText,
  flags: aLongText,
  profile: aText,
  project: anId,
  name: aText,
  from: anId,
};

export default function NewScan() {
  const [params] = useParamsOf(PARAMS);
  const source = useLocation({ select: (location) => location.searchStr });
  const [kept] = useState(() => keptDraft(source));
  const from = useQuery({
    ...scanQuery(params.from ?? 0),
    enabled: params.from !== undefined && kept === null,
  });
  const { from: like, ...prefill } = params;
  const isWaiting = like !== undefined && kept === null && from.data === undefined;
  if (isWaiting && isMissing(from.error)) {
    return (
      <Missing
        what="scan"
        name={String(like)}
        list={{ label: "New scan from nothing", to: "/scans/new" }}
      >
        It was to be scanned like that one, which may have been deleted.
      </Missing>
    );
  }
  if (isWaiting && from.error) {
    return (
      <>
        <PageHead title="New scan" />
        <Failed error={from.error} retry={() => void from.refetch()} />
      </>
    );
  }
  if (isWaiting) {
    return (
      <>
        <PageHead title="New scan" />
        <LoadingRows />
      </>
    );
  }
  const base = like !== undefined && from.data ? draftOfScan(from.data) : EMPTY;
  return (
    <Form
      // Another link is another form.
      key={source}
      source={source}
      like={like}
      isKept={kept !== null}
      begin={kept ?? withPrefill(base, prefill)}
      blank={withPrefill(base, prefill)}
    />
  );
}

interface FormProps {
  begin: Draft;
  blank: Draft;
  source: string;
  like: number | undefined;
  isKept: boolean;
}

function Form({ begin, blank, source, like, isKept }: FormProps) {
  const navigate = useNavigate();
  const mayStart = useMay("operator");
  const [draft, setDraft] = useState(begin);
  const [wasKept, setWasKept] = useState(isKept);
  const [isOver, setOver] = useState(false);
  const { data: profiles = null } = useQuery(profilesQuery);
  const isStored = useKeeping(draft, source, isOver);
  const edit = useCallback((change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
  }, []);
  const starting = useStarting(edit);
  const { request, errors: own } = useMemo(() => meaningOf(draft), [draft]);
  const { preview, error, isOld, again, waiting } = usePreview(request, mayStart);
  const asked = sortErrors([
    ...(preview?.problems ?? []),
    ...errorsOf(error),
    ...errorsOf(starting.error),
  ]);
  const targets = request.targets?.length ?? 0;
  // An empty form is not wrong yet.
  const { targets: ofTargets, ...others } = asked.fields;
  const errors = {
    ...(targets > 0 ? { targets: ofTargets } : {}),
    ...others,
    ...own,
    ...(starting.projectError ? { newProject: starting.projectError } : {}),
  };
  const change = (what: Partial<Draft>) => {
    starting.forget();
    edit(what);
  };
  const ways = hindrances(preview, Object.keys(own).length, targets);
  if (draft.project === "new" && draft.newProject.trim() === "")
    ways.push("the new project has no name");
  const start = async () => {
    if (ways.length > 0 || starting.busy) return;
    const id = await starting.start(request, draft);
    if (id === null) return;
    setOver(true);
    forgetDraft();
    void navigate({ to: "/scans/$scanId", params: { scanId: String(id) } });
  };
  const parts = { draft, change, errors };
  return (
    <>
      <PageHead
        title="New scan"
        crumbs={[{ label: "Scans", to: "/scans" }]}
        aside={like !== undefined ? <span className="text-sm text-muted">like #{like}</span> : null}
      />
      {wasKept ? (
        <div className="mb-3">
          <Notice
            actions={
              <Button
                size="sm"
                onClick={() => {
                  forgetDraft();
                  setDraft(blank);
                  setWasKept(false);
                }}
              >
                <RotateCcw aria-hidden className="size-3.5" />
                Begin anew
              </Button>
            }
          >
            What you had written here before is back.
          </Notice>
        </div>
      ) : null}
      <form
        noValidate
        className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)]"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <div className="flex min-w-0 flex-col gap-4">
          <Card>
            <CardHead title="What to scan" />
            <div className="flex flex-col gap-5 p-4">
              <Targets {...parts} preview={preview} isOld={isOld} waiting={waiting} />
              <Excludes {...parts} />
            </div>
          </Card>
          <Card>
            <CardHead title="How" />
            <div className="p-4">
              <Flags {...parts} preview={preview} profiles={profiles} />
            </div>
          </Card>
          <Card>
            <CardHead title="Where it is kept" />
            <div className="p-4">
              <Place {...parts} />
            </div>
          </Card>
          <More isWrong={ADVANCED.some((field) => errors[field])}>
            <Advanced {...parts} />
          </More>
          {isStored ? null : (
            <Notice tone="warn">
              These lists are too long for this browser to keep: they are lost when the page is
              reloaded.
            </Notice>
          )}
        </div>
        <Panel
          {...{ preview, isOld, again, mayStart }}
          isTuned={isChunkTuned(request)}
          previewError={error}
          hindrances={ways}
          rest={asked.rest}
          startError={starting.error}
          busy={starting.busy || isOver}
        />
      </form>
    </>
  );
}

/** Shut until it is wanted, or until something in it is wrong. */
function More({ isWrong, children }: { isWrong: boolean; children: React.ReactNode }) {
  const [open, setOpen] = useState(false);
  const isOpen = open || isWrong;
  return (
    <Card>
      <h2>
        <button
          type="button"
          aria-expanded={isOpen}
          className="flex min-h-11 w-full items-center gap-2 px-4 py-2 text-left text-sm font-semibold"
          onClick={() => setOpen(!isOpen)}
        >
          <ChevronRight aria-hidden className={cx("size-4 text-muted", isOpen && "rotate-90")} />
          Batches, attempts, timeouts
          <span className="ml-auto text-xs font-normal text-muted">
            {isOpen ? "" : "as netscan chooses unless you say otherwise"}
          </span>
        </button>
      </h2>
      {isOpen ? <div className="border-t border-line p-4">{children}</div> : null}
    </Card>
  );
}
