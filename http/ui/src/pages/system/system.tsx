// The server itself: what it runs on, what it may use, who may use it, and what was done with it.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Badge } from "@/components/basics";
import { PageHead, TabLinks, tabClass } from "@/components/page";
import { About } from "./about";
import { AuditTab } from "./audit-tab";
import { Engine } from "./engine";
import { readyQuery } from "./queries";
import { ScopeTab } from "./scope-tab";
import { StoreTab } from "./store-tab";
import { SupervisionTab } from "./supervision-tab";
import { TokensTab } from "./tokens-tab";

const TABS = [
  { key: "engine", label: "Engine", Tab: Engine },
  { key: "supervision", label: "Supervision", Tab: SupervisionTab },
  { key: "store", label: "Store", Tab: StoreTab },
  { key: "scope", label: "Scope", Tab: ScopeTab },
  { key: "tokens", label: "Tokens", Tab: TokensTab },
  { key: "audit", label: "Audit", Tab: AuditTab },
  { key: "about", label: "About and API", Tab: About },
] as const;

/** Whether scans can run now, in one word. */
function Ready() {
  const { data } = useQuery(readyQuery);
  if (!data) return null;
  return (
    <Badge tone={data.ready ? "good" : "danger"} title={data.says}>
      {data.ready ? "Ready" : "Not ready"}
    </Badge>
  );
}

export default function SystemPage() {
  const { tab } = useParams({ strict: false });
  const shown = TABS.find((one) => one.key === tab) ?? TABS[0];
  return (
    <>
      <PageHead title="System" name={`${shown.label} · System`} aside={<Ready />}>
        <TabLinks label="Parts of the system">
          {TABS.map(({ key, label }) => (
            <Link
              key={key}
              to="/system/$tab"
              params={{ tab: key }}
              className={tabClass}
              aria-current={key === shown.key ? "page" : undefined}
            >
              {label}
            </Link>
          ))}
        </TabLinks>
      </PageHead>
      <shown.Tab />
    </>
  );
}
