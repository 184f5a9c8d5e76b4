// Targets and excludes: typed, pasted or dropped, with what cannot be read shown by its line.
import { FileText, Upload, X } from "lucide-react";
import { useRef, useState } from "react";
import type { Preview } from "@/api/client";
import { Button, cx, Field, IconButton, TextArea } from "@/components/basics";
import { sayFailure } from "@/components/overlays";
import { count, counted } from "@/lib/format";
import {
  FIELD_CHARS,
  lineSpan,
  type Place,
  placeOf,
  splitTargets,
  type TargetFile,
  targetFile,
} from "@/lib/targets";
import type { FormParts } from "./form";

/** Bytes of a list that are read; the server takes a body of 32 MiB. */
const FILE_BYTES_MAX = 30 * 1024 * 1024;
/** Errors that are shown by themselves. */
const SHOWN = 20;

export function Targets({
  draft,
  change,
  errors,
  preview,
  isOld,
  waiting,
}: FormParts & { preview: Preview | null; isOld: boolean; waiting: number }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);

  const add = (file: TargetFile) => change({ files: [...draft.files, file] });
  const take = async (files: Iterable<File>) => {
    const added: TargetFile[] = [];
    for (const file of files) {
      if (file.size > FILE_BYTES_MAX) {
        sayFailure(`${file.name} is too long`, new Error("A list may have 30 MiB: split it."));
      } else added.push(targetFile(file.name, await file.text()));
    }
    if (added.length > 0) change({ files: [...draft.files, ...added] });
  };
  const select = (line: number) => {
    const [from, to] = lineSpan(draft.targets, line);
    field.current?.focus();
    field.current?.setSelectionRange(from, to);
  };

  return (
    <div
      role="group"
      aria-label="Targets: a file may be dropped here"
      className={cx("relative rounded-md", isOver && "outline-2 outline-accent outline-dashed")}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer.files);
      }}
    >
      <Field
        id="targets"
        label="Targets"
        error={preview?.scope.allowed === false ? undefined : errors.targets}
        hint="Addresses, blocks, ranges, names: 10.0.0.0/24, 10.0.0.1-20, host.example, fd00::/120. One or more to a line; # begins a comment."
      >
        <TextArea
          id="targets"
          ref={field}
          rows={6}
          spellCheck={false}
          autoCapitalize="off"
          className="min-h-32 resize-y"
          placeholder="192.168.1.0/24"
          aria-invalid={Boolean(preview?.invalid.length)}
          aria-describedby="targets-hint targets-count"
          value={draft.targets}
          onChange={(event) => change({ targets: event.target.value })}
          onPaste={(event) => {
            const text = event.clipboardData.getData("text");
            if (text.length + draft.targets.length <= FIELD_CHARS) return;
            // A field of so many lines would be slow to type in.
            event.preventDefault();
            add(targetFile("Pasted list", text));
          }}
        />
      </Field>
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button size="sm" onClick={() => picker.current?.click()}>
          <Upload aria-hidden className="size-3.5" />
          Add a file
        </Button>
        <span className="text-xs text-muted max-sm:hidden">or drop one here</span>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files of targets"
          accept=".txt,.csv,.list,text/*"
          onChange={(event) => {
            if (event.target.files) void take(event.target.files);
            event.target.value = "";
          }}
        />
        <p
          id="targets-count"
          aria-live="polite"
          className={cx("num ml-auto text-xs text-muted", isOld && "opacity-60")}
        >
          {counts(preview, waiting)}
        </p>
      </div>
      <Files files={draft.files} change={change} />
      <Unread draft={draft} preview={preview} select={select} />
    </div>
  );
}

function counts(preview: Preview | null, waiting: number): string {
  if (!preview) return "\u00a0";
  const parts = [counted(preview.addresses, "address", "addresses")];
  if (preview.excluded > 0) parts.push(`${count(preview.excluded)} excluded`);
  if (preview.unresolved.length > 0) parts.push(`${count(preview.unresolved.length)} unresolved`);
  if (waiting > 0) parts.push(`${counted(waiting, "name")} looked up when you leave the field`);
  return parts.join(", ");
}

/** Lists that are too long for a field: what they are called, how many lines, how they begin. */
function Files({ files, change }: { files: TargetFile[]; change: FormParts["change"] }) {
  if (files.length === 0) return null;
  return (
    <ul className="mt-2 flex flex-col gap-1.5">
      {files.map((file, at) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: a list is known by its place
          key={at}
          className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-2.5"
        >
          <FileText aria-hidden className="size-4 shrink-0 text-muted" />
          <div className="min-w-0 flex-1">
            <p className="truncate text-sm" title={file.name}>
              <bdi>{file.name}</bdi>{" "}
              <span className="num text-xs text-muted">
                {counted(file.words.words.length, "target")}
              </span>
            </p>
            <p className="truncate font-mono text-xs text-muted">
              <bdi>{file.words.words.slice(0, 6).join(" ") || "nothing but comments"}</bdi>
              {file.words.words.length > 6 ? " …" : ""}
            </p>
          </div>
          <IconButton
            label={`Remove ${file.name}`}
            className="size-7"
            onClick={() => change({ files: files.filter((_, other) => other !== at) })}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}

/** What the server could not read, with its line and the reason. */
function Unread({
  draft,
  preview,
  select,
}: {
  draft: FormParts["draft"];
  preview: Preview | null;
  select: (line: number) => void;
}) {
  const bad = preview?.invalid ?? [];
  const names = preview?.unresolved ?? [];
  if (bad.length + names.length === 0) return null;
  const targets = splitTargets(draft.targets);
  const exclude = splitTargets(draft.exclude);
  const label = (place: Place | null) => {
    if (place === null) return "";
    if (place.where === "targets") return `Line ${count(place.line)}`;
    if (place.where === "exclude") return `Exclude, line ${count(place.line)}`;
    return `${draft.files[place.where]?.name ?? "List"}, line ${count(place.line)}`;
  };
  const row = (one: { target: string; reason: string }, at: number, tone: string) => {
    const place = placeOf(one.target, targets, draft.files, exclude);
    return (
      <li key={`${at}${one.target}`} className="break-words">
        {place?.where === "targets" ? (
          <button
            type="button"
            className="min-h-7 font-medium underline decoration-dotted underline-offset-2"
            onClick={() => select(place.line)}
          >
            {label(place)}
          </button>
        ) : (
          <span className="font-medium">{label(place)}</span>
        )}{" "}
        <code className="font-mono">
          <bdi>{one.target || "(empty)"}</bdi>
        </code>
        : <span className={tone}>{one.reason}</span>
      </li>
    );
  };
  return (
    <div role="status" aria-label="Targets that cannot be read" className="mt-2 text-xs">
      <ul className="flex flex-col gap-0.5">
        {bad.slice(0, SHOWN).map((one, at) => row(one, at, "text-danger"))}
        {names.slice(0, SHOWN).map((one, at) => row(one, at, "text-warn"))}
      </ul>
      {bad.length > SHOWN ? (
        <p className="text-danger">and {count(bad.length - SHOWN)} more that cannot be read</p>
      ) : null}
      {names.length > SHOWN ? (
        <p className="text-warn">and {count(names.length - SHOWN)} more names without an address</p>
      ) : null}
    </div>
  );
}

export function Excludes({ draft, change, errors }: FormParts) {
  return (
    <Field
      id="exclude"
      label="Excludes"
      error={errors.exclude}
      hint="What not to scan, written like targets. They count as “excluded”."
    >
      <TextArea
        id="exclude"
        rows={2}
        spellCheck={false}
        autoCapitalize="off"
        className="resize-y"
        placeholder="192.168.1.1"
        value={draft.exclude}
        onChange={(event) => change({ exclude: event.target.value })}
      />
    </Field>
  );
}
