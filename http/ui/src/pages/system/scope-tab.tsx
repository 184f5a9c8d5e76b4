// What may be scanned by this server: its lists, what they come to, and who put what there.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { useMay } from "@/app/session";
import { Badge, Button, Card, CardHead, cx, IconButton, Notice, Time } from "@/components/basics";
import { Fade } from "@/components/fade";
import { Confirm, say } from "@/components/overlays";
import { Loaded } from "@/components/states";
import { counted } from "@/lib/format";
import { scopeQuery, systemKeys, systemNowQuery } from "./queries";
import { ScopeForm } from "./scope-form";

type Entry = Schemas["ScopeEntry"];
type List = Schemas["ScopeList"];

const LISTS: Record<List, { title: string; means: string }> = {
  allow: {
    title: "Allowed",
    means: "May be scanned, unless it is denied too",
  },
  deny: { title: "Denied", means: "Is never scanned, whatever allows it" },
};

const SOURCES: Record<Entry["source"], string> = {
  built_in: "Built in",
  session: "Until the server ends (--allow)",
  stored: "Stored",
};

export function ScopeTab() {
  const query = useQuery(scopeQuery);
  const { data: system } = useQuery(systemNowQuery);
  const isAdmin = useMay("admin");
  const [adding, setAdding] = useState<List | null>(null);
  return (
    <Loaded query={query}>
      {(scope) => (
        <div className="flex flex-col gap-4">
          {system?.scope.problem ? (
            <Notice tone="danger" title="Nothing may be scanned">
              {system.scope.problem}
            </Notice>
          ) : null}
          <Effective scope={scope} />
          {(["allow", "deny"] as const).map((list) => (
            <Card key={list}>
              <CardHead
                title={LISTS[list].title}
                hint={LISTS[list].means}
                actions={
                  isAdmin ? (
                    <Button size="sm" onClick={() => setAdding(list)}>
                      <Plus aria-hidden className="size-3.5" />
                      {list === "allow" ? "Allow addresses" : "Deny addresses"}
                    </Button>
                  ) : null
                }
              />
              <Entries entries={scope[list]} list={list} canRemove={isAdmin} />
            </Card>
          ))}
          {isAdmin ? null : (
            <p className="text-sm text-muted">To change the scope, the role admin is needed.</p>
          )}
          {adding ? <ScopeForm list={adding} onClose={() => setAdding(null)} /> : null}
        </div>
      )}
    </Loaded>
  );
}

function Effective({ scope }: { scope: Schemas["Scope"] }) {
  return (
    <Card>
      <CardHead
        title="What may be scanned in the end"
        hint={`${counted(scope.effective.length, "range")}${scope.effective_truncated ? ", and more that are not told" : ""}`}
      />
      {scope.effective.length === 0 ? (
        <p className="px-4 py-3 text-sm text-warn">
          Nothing: what is allowed is denied too. Remove an entry below, or allow addresses.
        </p>
      ) : (
        <ul className="flex flex-wrap gap-1.5 px-4 py-3">
          {scope.effective.map((range) => (
            <li
              key={range}
              className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs break-all"
            >
              {range}
            </li>
          ))}
        </ul>
      )}
      <p className="border-t border-line px-4 py-2 text-xs text-muted">
        Asked when a scan is submitted, and again before each nmap starts. Projects with entries of
        their own may scan only what both allow.
      </p>
    </Card>
  );
}

function Entries({
  entries,
  list,
  canRemove,
}: {
  entries: Entry[];
  list: List;
  canRemove: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  return (
    <Fade box={box}>
      <div
        ref={box}
        className="relative overflow-x-auto"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
        tabIndex={0}
        role="group"
        aria-label={LISTS[list].title}
      >
        <table className="w-full min-w-[44rem] table-fixed text-sm">
          <thead className="text-left text-xs text-muted">
            <tr className="border-b border-line">
              <th className="w-[26%] px-4 py-2 font-medium">Addresses</th>
              <th className="px-3 py-2 font-medium">Why</th>
              <th className="w-40 px-3 py-2 font-medium">By</th>
              <th className="w-44 px-3 py-2 font-medium">Until</th>
              <th className="w-14 px-3 py-2">
                <span className="sr-only">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {entries.map((entry) => (
              <tr
                key={`${entry.source}${entry.id ?? ""}${entry.target}`}
                className={cx(entry.expired && "text-muted line-through")}
              >
                <td className="px-4 py-2 font-mono text-xs break-all">{entry.target}</td>
                <td className="truncate px-3 py-2" title={entry.note ?? undefined}>
                  {entry.note ?? <span className="text-muted">–</span>}
                </td>
                <td className="px-3 py-2">
                  <span className="block truncate" title={entry.by}>
                    {entry.by}
                  </span>
                  {entry.created_at ? (
                    <span className="block text-xs text-muted">
                      <Time at={entry.created_at} />
                    </span>
                  ) : null}
                </td>
                <td className="px-3 py-2">
                  {entry.expired ? (
                    <Badge tone="warn">expired</Badge>
                  ) : entry.expires_at ? (
                    <Time at={entry.expires_at} as="date" />
                  ) : (
                    <span className="text-xs text-muted">
                      {entry.source === "stored" ? "removed" : SOURCES[entry.source]}
                    </span>
                  )}
                </td>
                <td className="px-3 py-1.5">
                  {canRemove && entry.source === "stored" && entry.id != null ? (
                    <Remove entry={entry} id={entry.id} />
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Fade>
  );
}

function Remove({ entry, id }: { entry: Entry; id: number }) {
  const client = useQueryClient();
  const act = async () => {
    await take(api.DELETE("/api/scope/{entry}", { params: { path: { entry: id } } }));
    await Promise.all([
      client.invalidateQueries({ queryKey: systemKeys.scope }),
      client.invalidateQueries({ queryKey: keys.system }),
    ]);
    say(
      "Entry removed",
      `${entry.target} is no longer ${entry.list === "allow" ? "allowed" : "denied"} by it.`,
    );
  };
  return (
    <Confirm
      trigger={(open) => (
        <IconButton label={`Remove ${entry.target}`} className="size-7" onClick={open}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      )}
      title={
        entry.list === "allow"
          ? "No longer allow these addresses?"
          : "No longer deny these addresses?"
      }
      verb="Remove"
      act={act}
    >
      <p className="font-mono text-sm break-all">{entry.target}</p>
      <p className="mt-2">
        {entry.list === "allow"
          ? "Scans of them are refused from now on, and what runs there starts no further nmap, unless another entry allows them."
          : "They may be scanned from now on, where an entry allows them."}
      </p>
    </Confirm>
  );
}
