// Whether a scan's page follows the scan, and what to do when it does not.
import { Radio, Unplug } from "lucide-react";
import { Button, Notice, useNow } from "@/components/basics";
import { duration } from "@/lib/format";
import { type LiveScan, useParts } from "@/live/scan";
import { useSaysStale } from "@/live/stale";

export function LinkSign({ live }: { live: LiveScan }) {
  useParts(live, "link");
  const { phase } = live.link;
  if (phase === "live") {
    return (
      <span
        className="inline-flex items-center gap-1 text-xs text-muted"
        title="Events come as they happen"
      >
        <Radio aria-hidden className="size-3.5 text-good" />
        live
      </span>
    );
  }
  return (
    <span className="inline-flex items-center gap-1 text-xs text-warn">
      <Unplug aria-hidden className="size-3.5" />
      {phase === "connecting" ? "connecting" : "not live"}
    </span>
  );
}

/** What is shown is old: since when, why, and how to try again. */
export function StaleNotice({ live }: { live: LiveScan }) {
  useParts(live, "link");
  const { phase, reason, failures } = live.link;
  const isOld = live.staleSince !== null && failures > 0;
  useSaysStale(isOld || phase === "ended");
  if (phase === "ended") {
    return (
      <Notice tone="danger" title="This page no longer follows the scan">
        The server says: {reason}. What you see is as it was; load the page anew to try again.
      </Notice>
    );
  }
  if (live.staleSince === null || !isOld) return null;
  return (
    <Notice
      tone="warn"
      title={<Since at={live.staleSince} />}
      actions={
        <Button size="sm" disabled={phase === "connecting"} onClick={() => live.retryNow()}>
          {phase === "connecting" ? "Connecting" : "Try again now"}
        </Button>
      }
    >
      {reason ? `Not connected: ${reason}. ` : ""}
      The scan goes on without this page; every event since is fetched when the server is back.
    </Notice>
  );
}

function Since({ at }: { at: number }) {
  const now = useNow(1_000);
  const s = Math.max(1, Math.round((now - at) / 1_000));
  return <>What you see is {duration(s * 1_000)} old</>;
}
