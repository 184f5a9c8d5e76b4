// The client that all pages ask through. Who is not logged in is sent to log in, and back after.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";
import { isWorthRetrying } from "@/api/queries";

/** Goes to the login page, which comes back here. */
export function goToLogin(): void {
  const here = location.pathname + location.search;
  if (location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(here)}`);
}

/** `next` of the login page: a path of this server, never another site. */
export function safeNext(value: string | null): string {
  return value && /^\/(?![/\\])/.test(value) && !value.startsWith("/login") ? value : "/";
}

function onError(error: unknown): void {
  if (error instanceof ApiProblem && error.status === 401) goToLogin();
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        retry: isWorthRetrying,
        staleTime: 2_000,
        refetchOnWindowFocus: false,
      },
    },
  });
}
