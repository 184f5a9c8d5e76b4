// What adding or removing an entry of a project's scope would change, in words. Pure. It knows what
// the server answered: where that is cut short, it says so instead of a number.
import type { Schemas } from "@/api/client";
import { type Range, readRange, readRanges, sizeText, within } from "@/lib/ranges";

type Scope = Schemas["Scope"];
type Entry = Pick<Schemas["ScopeEntry"], "list" | "target">;

/** Entries of the project's own that count now. */
function living(entries: Schemas["ScopeEntry"][]): Schemas["ScopeEntry"][] {
  return entries.filter((entry) => entry.source === "stored" && !entry.expired);
}

function parts(scope: Scope, targets: readonly string[]): Range[] | null {
  const effective = scope.effective_truncated ? null : readRanges(scope.effective);
  const wanted = readRanges(targets);
  return effective && wanted ? within(wanted, effective) : null;
}

const NARROW = "This project has no allow entry yet and may scan what the server may.";

/** What adding this would do; null while the target cannot be read. */
export function ofAdding(scope: Scope, entry: Entry): string | null {
  if (!readRange(entry.target)) return null;
  const touched = parts(scope, [entry.target]);
  const size = touched ? sizeText(touched) : null;
  if (entry.list === "deny") {
    if (size === null) return "Its addresses may no longer be scanned in this project.";
    return size === "none"
      ? "Nothing now: none of these addresses may be scanned in this project anyway."
      : `Takes from this project's scope: ${size}.`;
  }
  if (living(scope.allow).length === 0) {
    const left = size ? `: ${size}` : "";
    return `${NARROW} With this it may scan only these addresses${left}.`;
  }
  return "These addresses may be scanned too, as far as the server's scope allows them.";
}

/** What removing this would do. */
export function ofRemoving(scope: Scope, entry: Entry): string {
  if (entry.list === "deny") {
    return "Its addresses may be scanned in this project again, as far as they are allowed.";
  }
  const rest = living(scope.allow).filter((one) => one.target !== entry.target);
  if (rest.length === 0) {
    return "It is the last allow entry: this project may then scan all that the server may.";
  }
  const touched = parts(scope, [entry.target]);
  const kept = readRanges(rest.map((one) => one.target));
  const still = touched && kept ? sizeText(within(touched, kept)) : null;
  const size = touched ? sizeText(touched) : null;
  if (size === null || still === null) return "Its addresses may no longer be scanned here.";
  if (size === "none") return "Nothing now: none of its addresses may be scanned anyway.";
  return still === size
    ? "Nothing now: other entries allow all of its addresses too."
    : `May no longer be scanned here: up to ${size}.`;
}
