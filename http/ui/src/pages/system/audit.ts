// Filters of the audit log as they stand in the URL, and what its entries are about.
import type { Schemas } from "@/api/client";

export type AuditAction = Schemas["AuditAction"];
export type AuditEntry = Schemas["AuditEntry"];

/** Every action, by what it is called in the list of choices. A new one must be added here to build. */
export const ACTIONS: Record<AuditAction, string> = {
  login: "Logged in",
  "login-url": "Login URL made",
  "session-end": "Logged out",
  "token-create": "Token created",
  "token-revoke": "Token revoked",
  "scope-allow": "Scope: allowed",
  "scope-deny": "Scope: denied",
  "scope-rm": "Scope: entry removed",
  "project-create": "Project created",
  "project-change": "Project changed",
  "project-delete": "Project deleted",
  "profile-create": "Profile created",
  "profile-change": "Profile changed",
  "profile-delete": "Profile deleted",
  "scan-create": "Scan started",
  "scan-run": "Quick scan run",
  "scan-rescan": "Scan repeated",
  "scan-import": "Scan imported",
  "scan-stop": "Scan stopped",
  "scan-pause": "Scan paused",
  "scan-resume": "Scan resumed",
  "scan-delete": "Scan deleted",
  "scan-export": "Scan exported",
  "scan-end": "Scan ended",
  "out-of-scope-result": "Result out of scope",
  "limits-change": "Limits changed",
  request: "Request refused",
  "store-migrate": "Store migrated",
  "store-repair": "Store repaired",
  "store-salvage": "Store salvaged",
  "server-start": "Server started",
  "server-stop": "Server stopped",
};

export interface AuditFilter {
  action: AuditAction | null;
  actor: string | null;
  /** Entries after this number, oldest first; null for all, newest first. */
  since: number | null;
}

function isAction(value: unknown): value is AuditAction {
  return typeof value === "string" && Object.hasOwn(ACTIONS, value);
}

/** Reads the filter of a URL; what makes no sense counts as not given. */
export function auditFilter(search: Record<string, unknown>): AuditFilter {
  const since = typeof search.since === "string" ? Number(search.since) : search.since;
  // The router reads a number out of `actor=42`.
  const actor = typeof search.actor === "number" ? String(search.actor) : search.actor;
  return {
    action: isAction(search.action) ? search.action : null,
    actor: typeof actor === "string" && actor.trim() !== "" ? actor.trim() : null,
    since: typeof since === "number" && Number.isSafeInteger(since) && since >= 0 ? since : null,
  };
}

/** The same as the query of a URL, without what is not given. */
export function auditParams(filter: AuditFilter): {
  action?: AuditAction;
  actor?: string;
  since?: number;
} {
  return {
    ...(filter.action ? { action: filter.action } : {}),
    ...(filter.actor ? { actor: filter.actor } : {}),
    ...(filter.since !== null ? { since: filter.since } : {}),
  };
}

/** The page of what an entry is about; null where there is none. */
export function objectLink(object: AuditEntry["object"]): string | null {
  if (!object || !/^\d+$/.test(object.id)) return null;
  if (object.kind === "scan") return `/scans/${object.id}`;
  if (object.kind === "project") return `/projects/${object.id}`;
  if (object.kind === "batch") return `/batches/${object.id}`;
  return null;
}

/** Who did it, in words. */
export function actorName(actor: AuditEntry["actor"]): string {
  return actor.name ? actor.name : actor.kind;
}

/** The head of a log, from what people paste: `12:64 hexadecimal digits`; null when it is none. */
export function readHead(text: string): string | null {
  const found = /^(\d{1,20}):([0-9a-fA-F]{64})$/.exec(text.trim());
  return found ? `${found[1]}:${found[2]?.toLowerCase()}` : null;
}
