// Where to go on from here: the API and its documents, and what monitors ask for.
import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { apiUrl } from "@/api/client";
import { systemQuery } from "@/api/queries";
import { Badge, Card, CardHead } from "@/components/basics";
import { Command, Fact, Facts, ReadAt } from "./parts";
import { readyQuery } from "./queries";

const LINKS: [path: string, name: string, what: string][] = [
  ["/api/docs", "The API's documentation", "every call, with its fields and problems"],
  ["/api/openapi.json", "OpenAPI", "the REST API, for programs"],
  ["/api/asyncapi.json", "AsyncAPI", "the events of WebSockets, for programs"],
  ["/metrics", "Metrics", "for Prometheus"],
  ["/healthz", "Health", "answers as long as the process serves"],
  ["/readyz", "Readiness", "answers whether scans can run and be kept"],
];

export function About() {
  const { data: system } = useQuery(systemQuery);
  const ready = useQuery(readyQuery);
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Card>
        <CardHead title="API" hint="all that these pages do, programs can do too" />
        <ul className="divide-y divide-line">
          {LINKS.map(([path, name, what]) => (
            <li key={path}>
              <a
                href={apiUrl(path)}
                target="_blank"
                rel="noreferrer noopener"
                className="grid min-h-11 grid-cols-[minmax(0,1fr)_auto] items-center gap-3 px-4 py-2 text-sm hover:bg-hover"
              >
                <span className="min-w-0">
                  <span className="font-medium text-accent">{name}</span>
                  <span className="block text-xs text-muted">
                    <code className="font-mono">{path}</code>, {what}
                  </span>
                </span>
                <ExternalLink aria-hidden className="size-4 text-muted" />
              </a>
            </li>
          ))}
        </ul>
      </Card>
      <div className="flex min-w-0 flex-col gap-4">
        <Card>
          <CardHead
            title="This server"
            hint={<ReadAt query={ready} />}
            actions={
              ready.data ? (
                <Badge tone={ready.data.ready ? "good" : "danger"}>
                  {ready.data.ready ? "Ready" : "Not ready"}
                </Badge>
              ) : null
            }
          />
          <Facts>
            <Fact name="netscan">{system?.version ?? "–"}</Fact>
            <Fact name="nmap">{system ? (system.nmap?.version ?? "none usable") : "–"}</Fact>
            <Fact name="It says">{ready.data?.says ?? "–"}</Fact>
          </Facts>
        </Card>
        <Card>
          <CardHead title="From a terminal" />
          <div className="flex flex-col gap-3 px-4 py-3 text-sm">
            <Command line="netscan scan 127.0.0.1" does="starts a scan and follows it" />
            <Command line="netscan ls" does="lists scans" />
            <Command line="netscan doctor" does="says what is wrong, and how to mend it" />
          </div>
        </Card>
      </div>
    </div>
  );
}
