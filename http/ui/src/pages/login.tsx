// Exchanges a login URL's code, or a token, for the cookie of a session. Neither is ever part of a
// URL that is sent.
import { useEffect, useState } from "react";
import { api, take } from "@/api/client";
import { safeNext } from "@/app/query";
import { Button, Card, Field, Input, Notice } from "@/components/basics";

/** Takes the code out of the address bar, so that it is in no history. */
function takeCode(): string | null {
  const code = location.hash.slice(1);
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code || null;
}

export default function Login() {
  const [code] = useState(takeCode);
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(code !== null);
  const [error, setError] = useState<string | null>(null);

  const enter = async (given: { code: string } | { token: string }) => {
    setBusy(true);
    setError(null);
    try {
      await take(api.POST("/api/session", { body: given }));
      location.replace(safeNext(new URLSearchParams(location.search).get("next")));
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a code is good for one use
  useEffect(() => {
    document.title = "Log in · netscan";
    if (code) void enter({ code });
  }, [code]);

  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <Card className="w-full max-w-md p-6">
        <h1 className="flex items-center gap-2.5 text-xl font-semibold">
          <img src="/favicon.svg" alt="" width={28} height={28} />
          netscan
        </h1>
        {error ? (
          <div className="mt-4">
            <Notice tone="danger" title="Not logged in">
              {error}
            </Notice>
          </div>
        ) : null}
        {busy && code && !error ? (
          <p role="status" className="mt-4 text-sm text-muted">
            Logging in …
          </p>
        ) : (
          <form
            className="mt-4 flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              setToken("");
              void enter({ token: token.trim() });
            }}
          >
            <Field
              id="token"
              label="Token"
              hint="It begins with nsk_. It is sent once, for a session's cookie."
            >
              <Input
                id="token"
                type="password"
                autoComplete="off"
                spellCheck={false}
                required
                value={token}
                onChange={(event) => setToken(event.target.value)}
              />
            </Field>
            <Button type="submit" variant="primary" disabled={busy || token.trim() === ""}>
              Log in
            </Button>
            <p className="text-xs text-muted">
              Or open the login URL that <code className="font-mono">netscan token login-url</code>{" "}
              prints on the server.
            </p>
          </form>
        )}
      </Card>
    </main>
  );
}
