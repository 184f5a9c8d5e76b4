// Hosts as they are found, the newest first.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { EventFrame, Scan } from "@/api/client";
import { eventsBefore } from "@/api/events";
import { keys } from "@/api/queries";
import { Badge, Card, CardHead, Time } from "@/components/basics";
import { Empty, Failed, LoadingRows } from "@/components/states";
import { VerdictBadge } from "@/components/verdicts";
import { visible } from "@/lib/text";
import { type Finding, findingOf, type LiveScan, useParts } from "@/live/scan";
import { isEnded } from "./view";

/** Findings that are shown; the Hosts tab has all of them. */
const SHOWN = 60;

type HostEvent = Extract<EventFrame, { event: "host" }>;

/** Those found before this page was opened, newest first. */
function useEarlier(id: number, connectedAt: number | null) {
  return useQuery({
    queryKey: [...keys.events(id), "findings", connectedAt],
    queryFn: async ({ signal }) => {
      const wanted = { before: (connectedAt ?? 0) + 1, limit: SHOWN, kinds: ["host"] };
      const { events } = await eventsBefore(id, wanted, signal);
      return events
        .filter((event): event is HostEvent => event.event === "host")
        .map(findingOf)
        .reverse();
    },
    enabled: connectedAt !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function Findings({ scan, live }: { scan: Scan; live: LiveScan }) {
  const model = useParts(live, "findings", "link");
  const earlier = useEarlier(scan.id, model.connectedAt);
  const shown = [...model.findings.slice(-SHOWN).reverse(), ...(earlier.data ?? [])].slice(
    0,
    SHOWN,
  );
  return (
    <Card className="flex min-h-0 flex-col">
      <CardHead
        title="Fresh findings"
        hint="newest first"
        actions={
          <Link
            to="/scans/$scanId/$tab"
            params={{ scanId: String(scan.id), tab: "hosts" }}
            className="-my-1.5 py-1.5 text-xs text-accent underline"
          >
            All hosts
          </Link>
        }
      />
      {shown.length > 0 ? (
        <ul
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
          tabIndex={0}
          aria-label="Fresh findings"
          className="max-h-96 divide-y divide-line overflow-y-auto xl:max-h-[34rem]"
        >
          {shown.map((finding) => (
            <Row key={finding.seq} finding={finding} />
          ))}
        </ul>
      ) : earlier.error ? (
        <div className="p-3">
          <Failed error={earlier.error} retry={() => void earlier.refetch()} />
        </div>
      ) : earlier.isPending ? (
        <LoadingRows rows={4} />
      ) : (
        <Empty title={isEnded(scan.status) ? "No host answered" : "No host yet"}>
          {isEnded(scan.status)
            ? "Targets tells what is known of each address."
            : "Hosts come here as soon as nmap has finished them."}
        </Empty>
      )}
    </Card>
  );
}

function Row({ finding }: { finding: Finding }) {
  const { ports } = finding;
  return (
    <li className="px-4 py-2 text-sm">
      <div className="flex items-center gap-2">
        <Link
          to="/addresses/$address"
          params={{ address: finding.address }}
          className="num -my-1 min-w-0 truncate py-1 font-medium hover:underline"
        >
          {finding.address}
        </Link>
        {finding.hostname ? (
          <span className="min-w-0 truncate text-muted" title={visible(finding.hostname)}>
            <bdi>{visible(finding.hostname)}</bdi>
          </span>
        ) : null}
        <span className="ml-auto flex shrink-0 items-center gap-3 text-xs text-muted">
          {finding.verdict === "up" ? null : <VerdictBadge verdict={finding.verdict} />}
          <Time at={finding.ts} as="clock" />
        </span>
      </div>
      <p className="mt-1 flex flex-wrap items-center gap-1">
        {ports.slice(0, 12).map((port) => (
          <Badge
            key={`${port.port}${port.protocol}`}
            tone="good"
            className="num max-w-48"
            title={port.service ? visible(port.service) : undefined}
          >
            {port.port}/{port.protocol}
            {port.service ? (
              <span className="truncate font-normal">{visible(port.service)}</span>
            ) : null}
          </Badge>
        ))}
        {ports.length > 12 ? (
          <span className="text-xs text-muted">+{ports.length - 12} more</span>
        ) : null}
        {ports.length === 0 ? <span className="text-xs text-muted">no open port</span> : null}
      </p>
    </li>
  );
}
