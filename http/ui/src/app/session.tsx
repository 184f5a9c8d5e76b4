// Who uses this page, and what the server lets them do.
import { useQuery } from "@tanstack/react-query";
import type { Role } from "@/api/client";
import { callerQuery } from "@/api/queries";

const ORDER: Role[] = ["viewer", "operator", "admin"];

/** Whether the caller may do what needs this role. The server decides anyway; this hides what it refuses. */
export function useMay(role: Role): boolean {
  const { data } = useQuery(callerQuery);
  return data !== undefined && ORDER.indexOf(data.role) >= ORDER.indexOf(role);
}
