// Profiles: named sets of options.
import { queryOptions } from "@tanstack/react-query";
import { api, type Schemas, take } from "./client";

export type Plan = Schemas["PlanKind"];
export type Profile = Schemas["Profile"];

/** A profile as it is written: what a person chooses of it. */
export type OwnProfile = Pick<Profile, "name" | "description" | "flags" | "plan">;

/** Whether it can be changed and deleted here. */
export function isOwn(profile: Profile): boolean {
  return profile.source === "store";
}

export const profilesQuery = queryOptions({
  queryKey: ["profiles"] as const,
  queryFn: ({ signal }) => take(api.GET("/api/profiles", { signal })),
  staleTime: 30_000,
});

const of = (name: string) => ({ path: { name } });

export const createProfile = (body: OwnProfile) => take(api.POST("/api/profiles", { body }));
export const changeProfile = (name: string, body: Omit<OwnProfile, "name">) =>
  take(api.PUT("/api/profiles/{name}", { params: of(name), body }));
export const deleteProfile = (name: string) =>
  take(api.DELETE("/api/profiles/{name}", { params: of(name) }));
