// What one has to know about a scan before its figures: why it waits, failed, or differs.
import { Link } from "@tanstack/react-router";
import type { Scan } from "@/api/client";
import { Notice } from "@/components/basics";
import { counted } from "@/lib/format";
import { visible } from "@/lib/text";
import { isInterrupted } from "./view";

export function ScanNotices({ scan }: { scan: Scan }) {
  const { fallback } = scan;
  return (
    <>
      {scan.waits_for && scan.status === "running" ? (
        <Notice tone="warn" title="It waits, and goes on by itself">
          {visible(scan.waits_for)}
        </Notice>
      ) : null}
      {isInterrupted(scan) ? (
        <Notice tone="warn" title="It was interrupted">
          The server ended while this scan ran, and nothing works on it now. Resume it, or stop it
          to keep what it found.
        </Notice>
      ) : null}
      {scan.status === "failed" ? <FailedScan scan={scan} /> : null}
      {fallback.length > 0 ? (
        <Notice tone="warn" title="Scanned otherwise than asked for">
          <ul>
            {fallback.map((one) => (
              <li key={one}>{visible(one)}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
    </>
  );
}

function FailedScan({ scan }: { scan: Scan }) {
  const left = scan.verdicts.unfinished;
  const id = String(scan.id);
  return (
    <Notice tone="danger" title={scan.error ? visible(scan.error) : "It failed"}>
      {left > 0 ? (
        <>
          {counted(left, "target")} could not be finished (
          <Link
            to="/scans/$scanId/$tab"
            params={{ scanId: id, tab: "targets" }}
            search={{ verdict: "unfinished" } as never}
            className="underline"
          >
            which
          </Link>
          ,{" "}
          <Link
            to="/scans/$scanId/$tab"
            params={{ scanId: id, tab: "batches" }}
            search={{ status: "failed" } as never}
            className="underline"
          >
            which batches, and why
          </Link>
          ). What was found is kept. “Rescan” above scans just what is unfinished.
        </>
      ) : (
        "What was found is kept."
      )}
    </Notice>
  );
}
