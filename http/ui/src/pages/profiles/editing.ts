// Which profile is edited, and what a copy is called. Pure.
import type { OwnProfile, Profile } from "@/api/profiles";

export interface Editing {
  /** The name of the one that is changed; null for a new one. */
  of: string | null;
  begin: OwnProfile | null;
}

/** Characters of a name. */
export const NAME_MAX = 64;

/** A name for a copy that no other profile has: `fast-copy`, `fast-copy-2`. */
export function copyName(profile: Pick<Profile, "name">, all: readonly { name: string }[]): string {
  const taken = new Set(all.map((one) => one.name));
  const base = `${profile.name.slice(0, NAME_MAX - 9)}-copy`;
  let name = base;
  for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`;
  return name;
}
