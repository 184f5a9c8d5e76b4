// The client that all pages ask through. Who is not logged in is sent to log in, and back after.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";
import { isWorthRetrying } from "@/api/queries";

/** Goes to the login page, which comes back here. */
function goToLogin(): void {
  const here = location.pathname + location.search;
  if (location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(here)}`);
}

/** Where `next` of the login page leads: a path of this server, never another site. */
export function safeNext(value: string | null, origin = location.origin): string {
  if (value?.startsWith("/")) {
    // As the browser would read it: it leaves out tabs, and takes `\\` for `/`.
    const url = URL.canParse(value, origin) ? new URL(value, origin) : null;
    if (url?.origin === origin && !url.pathname.startsWith("/login")) return url.href;
  }
  return `${origin}/`;
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
