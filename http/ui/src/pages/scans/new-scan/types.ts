import type { Schemas } from "@/api/client";

export type FieldError = Pick<Schemas["FieldError"], "pointer" | "detail">;
export type InvalidTarget = Schemas["InvalidTarget"];
export type RefusedFlag = Schemas["RefusedFlag"];
