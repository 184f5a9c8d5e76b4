// What stands in the form of a new scan, what it means as a request, and how it comes from a URL, an
// older scan, or what was written before a reload. Pure.
import type { Scan, ScanRequest } from "@/api/client";
import type { Plan } from "@/api/profiles";
import { shell, words } from "@/lib/format";
import { splitTargets, type TargetFile, targetFile } from "@/lib/targets";

/** Fields are as they were written, so that nothing that is wrong is lost. */
export interface Draft {
  targets: string;
  files: TargetFile[];
  exclude: string;
  /** Its flags come first; empty for none. */
  profile: string;
  flags: string;
  plan: Plan | "";
  name: string;
  /** A project's id; `new` for `newProject`; empty for "Default". */
  project: string;
  newProject: string;
  chunk: string;
  concurrency: string;
  /** Whether numbers that are given are starting points or kept. */
  adaptive: boolean;
  attempts: string;
  backoffMs: string;
  batchTimeoutS: string;
  stallTimeoutS: string;
  resplit: boolean;
  resplitMin: string;
  salvage: boolean;
  resolve: boolean;
}

export const EMPTY: Draft = {
  targets: "",
  files: [],
  exclude: "",
  profile: "",
  flags: "",
  plan: "",
  name: "",
  project: "",
  newProject: "",
  chunk: "",
  concurrency: "",
  adaptive: true,
  attempts: "",
  backoffMs: "",
  batchTimeoutS: "",
  stallTimeoutS: "",
  resplit: true,
  resplitMin: "",
  salvage: true,
  resolve: true,
};

/** The policy when nothing is said, as the API documents it. */
export const POLICY: ScanRequest["policy"] = {
  attempts_max: 3,
  backoff_ms: 1_000,
  batch_timeout_ms: null,
  stall_timeout_ms: 300_000,
  resplit: "bisect",
  resplit_min: 1,
  salvage: true,
  resolve: true,
};

/** Fields of a request that may be left out are left out. */
export type Request = Partial<ScanRequest>;

/** What a draft asks for, and what of it is no number, by the draft's field. */
export interface Meaning {
  request: Request;
  errors: Partial<Record<keyof Draft, string>>;
}

/** Reads whole numbers, and notes what is none. */
class Numbers {
  readonly errors: Meaning["errors"] = {};
  constructor(private readonly draft: Draft) {}

  read(field: keyof Draft, scale = 1): number | null {
    const text = String(this.draft[field]).trim();
    if (text === "") return null;
    const value = Number(text) * scale;
    if (/^\d+(\.\d+)?$/.test(text) && Number.isSafeInteger(Math.round(value)))
      if (scale > 1 || Number.isInteger(value)) return Math.round(value);
    this.errors[field] = `“${text}” is no ${scale > 1 ? "number of seconds" : "whole number"}`;
    return null;
  }
}

function policyOf(draft: Draft, numbers: Numbers): ScanRequest["policy"] {
  return {
    attempts_max: numbers.read("attempts") ?? POLICY.attempts_max,
    backoff_ms: numbers.read("backoffMs") ?? POLICY.backoff_ms,
    batch_timeout_ms: numbers.read("batchTimeoutS", 1_000),
    stall_timeout_ms: numbers.read("stallTimeoutS", 1_000) ?? POLICY.stall_timeout_ms,
    resplit: draft.resplit ? "bisect" : "off",
    resplit_min: numbers.read("resplitMin") ?? POLICY.resplit_min,
    salvage: draft.salvage,
    resolve: draft.resolve,
  };
}

function isSame(one: ScanRequest["policy"], other: ScanRequest["policy"]): boolean {
  return (Object.keys(POLICY) as (keyof ScanRequest["policy"])[]).every(
    (key) => one[key] === other[key],
  );
}

/** What the form asks for. What was left as it is is left out, so that the server decides. */
export function meaningOf(draft: Draft): Meaning {
  const numbers = new Numbers(draft);
  const request: Request = {
    targets: [splitTargets(draft.targets), ...draft.files.map((file) => file.words)].flatMap(
      (part) => part.words,
    ),
  };
  const exclude = splitTargets(draft.exclude).words;
  if (exclude.length > 0) request.exclude = exclude;
  const flags = words(draft.flags);
  if (draft.profile !== "") request.profile = draft.profile;
  if (flags.length > 0) request.nmap_flags = flags;
  if (draft.plan !== "") request.plan = draft.plan;
  if (draft.name.trim() !== "") request.name = draft.name.trim();
  if (/^\d+$/.test(draft.project)) request.project_id = Number(draft.project);
  const chunk = numbers.read("chunk");
  const concurrency = numbers.read("concurrency");
  if (chunk !== null) request.chunk_size = chunk;
  if (concurrency !== null) request.concurrency = concurrency;
  if ((chunk !== null || concurrency !== null) && draft.adaptive) request.adaptive = true;
  if (chunk === null && concurrency === null && !draft.adaptive) request.adaptive = false;
  const policy = policyOf(draft, numbers);
  if (!isSame(policy, POLICY)) request.policy = policy;
  return { request, errors: numbers.errors };
}

/** Whether the engine tunes how large batches are: then their number is known at the end only. */
export function isChunkTuned(request: Request): boolean {
  return request.adaptive ?? (request.chunk_size === undefined || request.chunk_size === null);
}

const POINTERS: [RegExp, keyof Draft][] = [
  [/^\/nmap_flags/, "flags"],
  [/^\/targets/, "targets"],
  [/^\/exclude/, "exclude"],
  [/^\/profile/, "profile"],
  [/^\/plan/, "plan"],
  [/^\/name/, "name"],
  [/^\/project_id/, "project"],
  [/^\/chunk_size/, "chunk"],
  [/^\/(concurrency|adaptive)/, "concurrency"],
  [/^\/policy\/attempts_max/, "attempts"],
  [/^\/policy\/backoff_ms/, "backoffMs"],
  [/^\/policy\/batch_timeout_ms/, "batchTimeoutS"],
  [/^\/policy\/stall_timeout_ms/, "stallTimeoutS"],
  [/^\/policy\/resplit_min/, "resplitMin"],
];

/** The field that a JSON pointer of the server is about. */
export function fieldOf(pointer: string): keyof Draft | null {
  return POINTERS.find(([pattern]) => pattern.test(pointer))?.[1] ?? null;
}

/** A draft of a scan like another one. Its policy is not told by the server, and begins anew. */
export function draftOfScan(scan: Scan): Draft {
  const text = scan.targets.join("\n");
  const isLong = scan.targets.length > 2_000;
  return {
    ...EMPTY,
    targets: isLong ? "" : text,
    files: isLong ? [targetFile(`Targets of scan ${scan.id}`, text)] : [],
    exclude: scan.exclude.join("\n"),
    flags: shell(scan.nmap_flags),
    name: scan.name ?? "",
    project: String(scan.project_id),
    chunk: scan.tuning.chunk_size ? "" : String(scan.chunk_size),
    concurrency: scan.tuning.concurrency ? "" : String(scan.concurrency),
    adaptive: scan.tuning.chunk_size && scan.tuning.concurrency,
  };
}

/** What a link to the page may say. */
export interface Prefill {
  targets?: string;
  exclude?: string;
  flags?: string;
  profile?: string;
  project?: number;
  name?: string;
}

/** Puts what a link says over a draft. Targets in a URL may have commas or blanks between. */
export function withPrefill(draft: Draft, given: Prefill): Draft {
  const lines = (text: string) =>
    text
      .split(/[\s]+|,(?=\D|\d+\.)/)
      .filter(Boolean)
      .join("\n");
  const next = { ...draft };
  if (given.targets !== undefined) {
    next.targets = lines(given.targets);
    next.files = [];
  }
  if (given.exclude !== undefined) next.exclude = lines(given.exclude);
  if (given.flags !== undefined) next.flags = given.flags;
  if (given.profile !== undefined) next.profile = given.profile;
  if (given.project !== undefined) next.project = String(given.project);
  if (given.name !== undefined) next.name = given.name;
  return next;
}

/** As it is kept over a reload: lists as text alone. */
export function packed(draft: Draft, source: string): string {
  const files = draft.files.map(({ name, text }) => ({ name, text }));
  return JSON.stringify({ source, draft: { ...draft, files } });
}

/** What was kept, when it was written at the same link; null for anything else. */
export function unpacked(text: string | null, source: string): Draft | null {
  if (!text) return null;
  try {
    const kept = JSON.parse(text) as { source?: unknown; draft?: Record<string, unknown> };
    if (kept.source !== source || typeof kept.draft !== "object" || kept.draft === null)
      return null;
    const draft: Record<string, unknown> = { ...EMPTY };
    for (const [field, value] of Object.entries(EMPTY)) {
      if (typeof kept.draft[field] === typeof value) draft[field] = kept.draft[field];
    }
    const files = Array.isArray(kept.draft.files) ? kept.draft.files : [];
    draft.files = files
      .filter((file) => typeof file?.name === "string" && typeof file?.text === "string")
      .map((file) => targetFile(file.name, file.text));
    return draft as unknown as Draft;
  } catch {
    return null;
  }
}
