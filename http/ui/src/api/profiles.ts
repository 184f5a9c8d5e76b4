// Profiles: named sets of options. A server that has none answers 404, which is no failure here.
import { queryOptions } from "@tanstack/react-query";
import { apiUrl, fetchApi, problemOf } from "./client";

export type Plan = "single" | "staged";

export interface Profile {
  name: string;
  description: string;
  /** Whether netscan brings it: such a one can be used and copied, not changed. */
  builtin: boolean;
  flags: string[];
  plan: Plan;
  /** `builtin`, `file` or `store`: only the last can be changed here. */
  source?: string;
  /** nmap's command with it; empty when `error` says why. */
  argv: string[];
  /** The commands of the steps of a staged plan. */
  phases?: { phase: string; argv: string[] }[];
  /** What it needs that not every scan has, such as `raw-sockets`. */
  needs: string[];
  /** What differs from its flags here, for want of privilege. */
  fallback?: string[];
  /** Why it cannot be used here. */
  error: string | null;
}

/** A profile as it is written: what a person chooses of it. */
export type OwnProfile = Pick<Profile, "name" | "description" | "flags" | "plan">;

async function body(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether it can be changed and deleted here. */
export function isOwn(profile: Profile): boolean {
  return !profile.builtin && (profile.source ?? "store") === "store";
}

/** All profiles; null from a server that has none. */
export const profilesQuery = queryOptions({
  queryKey: ["profiles"] as const,
  queryFn: async ({ signal }): Promise<Profile[] | null> => {
    const response = await fetchApi(apiUrl("/api/profiles"), { signal });
    const answer = await body(response);
    if (response.status === 404) return null;
    if (!response.ok) throw problemOf(response, answer);
    return answer as Profile[];
  },
  staleTime: 30_000,
});

async function send(method: "POST" | "PUT" | "DELETE", path: string, sent?: object): Promise<void> {
  const response = await fetchApi(apiUrl(path), {
    method,
    headers: sent ? { "content-type": "application/json" } : undefined,
    body: sent ? JSON.stringify(sent) : undefined,
  });
  if (!response.ok) throw problemOf(response, await body(response));
}

const pathOf = (name: string) => `/api/profiles/${encodeURIComponent(name)}`;

export const createProfile = (profile: OwnProfile) => send("POST", "/api/profiles", profile);
export const changeProfile = (name: string, change: Omit<OwnProfile, "name">) =>
  send("PUT", pathOf(name), change);
export const deleteProfile = (name: string) => send("DELETE", pathOf(name));
