// The API, with types from the OpenAPI document. Every failure is an `ApiProblem`, so that a page
// can say what the server said: what, where, and how to mend it.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
/** As the server says it; `code` may also be one of this page's own. */
export type Problem = Omit<Schemas["Problem"], "code" | "errors"> & {
  code: string;
  errors?: Schemas["FieldError"][];
};
export type Scan = Schemas["Scan"];
export type ScanRequest = Schemas["ScanRequest"];
export type Project = Schemas["Project"];
export type Batch = Schemas["Batch"];
export type Host = Schemas["Host"];
export type HostPort = Schemas["HostPort"];
export type Attempt = Schemas["Attempt"];
export type Preview = Schemas["Preview"];
export type SystemInfo = Schemas["System"];
export type Verdict = Schemas["Verdict"];
export type VerdictCounts = Schemas["VerdictCounts"];
export type ScanStatus = Schemas["ScanStatus"];
export type BatchStatus = Schemas["BatchStatus"];
export type Role = Schemas["Role"];
export type EventFrame = Schemas["EventFrame"];
export type Caller = Schemas["Caller"];

/** Where the API is: this page's own server, or `VITE_API_BASE` (`http://localhost:8000`). */
export const apiBase: string = (import.meta.env.VITE_API_BASE ?? "").replace(/\/+$/, "");

/** What the server answered instead of what was asked for, or that it did not answer. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiProblem";
    this.problem = problem;
  }

  /** The HTTP status; 0 when there was no answer. */
  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** Whether the server says that what was asked for is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** The code of an `ApiProblem` that says that nothing answered. */
export const UNREACHABLE = "unreachable";

function unreachable(error: unknown): ApiProblem {
  return new ApiProblem({
    type: `urn:netscan:problem:${UNREACHABLE}`,
    title: "The server does not answer",
    status: 0,
    code: UNREACHABLE,
    detail: `The server does not answer (${error instanceof Error ? error.message : String(error)}). Check that \`netscan serve\` runs and that this machine reaches it.`,
    errors: [],
  });
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Problem).code === "string" &&
    typeof (value as Problem).detail === "string"
  );
}

/** Makes a problem of an answer that is an error. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  if (isProblem(body)) return new ApiProblem(body);
  return new ApiProblem({
    type: "about:blank",
    title: response.statusText || "Error",
    status: response.status,
    code: "internal",
    detail: `${response.url} answered ${response.status} ${response.statusText}, which is no answer of netscan. Is there a proxy between?`,
    errors: [],
  });
}

/** `fetch` with the session's cookie; a lost connection is an `ApiProblem` too. */
export async function fetchApi(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  try {
    return await fetch(input, { credentials: apiBase ? "include" : "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(error);
  }
}

export const api = createClient<paths>({
  baseUrl: apiBase || globalThis.location?.origin || "http://localhost",
  fetch: fetchApi,
  credentials: apiBase ? "include" : "same-origin",
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Takes the data of an answer; throws an `ApiProblem` otherwise. */
export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** A page of a list, and the cursor of the next one. */
export interface Page<T> {
  rows: T[];
  next: string | null;
}

/** Reads the cursor of `Link: <...?cursor=c1f>; rel="next"`. */
function nextCursor(link: string | null): string | null {
  const target = link?.match(/<([^>]*)>\s*;[^,]*rel="?next"?/)?.[1];
  return target ? new URL(target, "http://localhost").searchParams.get("cursor") : null;
}

/** Takes a page of an answer that is a list. */
export async function takePage<T>(answer: Promise<Answer<T[]>>): Promise<Page<T>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return { rows: data ?? [], next: nextCursor(response.headers.get("link")) };
}

/** A URL of the API for a link or a download. */
export function apiUrl(
  path: string,
  query: Record<string, string | number | undefined> = {},
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return `${apiBase}${path}${text ? `?${text}` : ""}`;
}
