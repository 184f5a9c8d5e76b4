// What a script found: as a tree where it has structure, and as nmap prints it.
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { Button, cx } from "@/components/basics";
import { counted } from "@/lib/format";
import { dedent, visibleLines, webUrl } from "@/lib/scanned";
import { visible } from "@/lib/text";

type Script = Schemas["Script"];
type Item = Schemas["ScriptItem"];

/** Items of one table that are drawn before more are asked for. */
const FEW = 40;

export function ScriptView({ script }: { script: Script }) {
  const hasTree = script.data.length > 0;
  const [asText, setAsText] = useState(!hasTree);
  return (
    <div className="min-w-0 rounded-md border border-line bg-canvas">
      <header className="flex min-h-8 items-center gap-2 px-3 py-1">
        <h3 className="truncate font-mono text-xs font-semibold" title={script.id}>
          {visible(script.id)}
        </h3>
        {hasTree ? (
          <Button
            size="sm"
            variant="quiet"
            className="ml-auto"
            aria-pressed={asText}
            onClick={() => setAsText(!asText)}
          >
            {asText ? "As a tree" : "As nmap prints it"}
          </Button>
        ) : null}
      </header>
      {asText ? (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
          tabIndex={0}
          className="max-h-96 overflow-auto border-t border-line px-3 py-2 font-mono text-xs leading-5"
        >
          {dedent(visibleLines(script.output)) || "(nothing)"}
        </pre>
      ) : (
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
          tabIndex={0}
          role="group"
          aria-label={`${script.id}, as a tree`}
          className="max-h-96 overflow-auto border-t border-line px-3 py-2 text-xs leading-5"
        >
          <Items items={script.data} />
        </div>
      )}
    </div>
  );
}

function Items({ items }: { items: Item[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, FEW);
  return (
    <ul className="flex flex-col">
      {shown.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a result does not change its order
        <Entry key={at} item={item} />
      ))}
      {items.length > shown.length ? (
        <li>
          <Button size="sm" onClick={() => setAll(true)}>
            {counted(items.length - shown.length, "more item")}
          </Button>
        </li>
      ) : null}
    </ul>
  );
}

function Entry({ item }: { item: Item }) {
  const key = item.key ? visible(item.key) : null;
  if ("text" in item.value) {
    return (
      <li className="flex min-w-0 flex-wrap gap-x-2">
        {key ? <span className="text-muted">{key}</span> : null}
        <ScriptText text={item.value.text} />
      </li>
    );
  }
  const table = item.value.table;
  if (!key)
    return (
      <li className="border-l border-line pl-3">
        <Items items={table} />
      </li>
    );
  return (
    <li>
      <details open={table.length <= FEW}>
        <summary className="min-h-7">
          <span className="font-medium">{key}</span>{" "}
          <span className="text-muted">({table.length})</span>
        </summary>
        <div className="ml-1 border-l border-line pl-3">
          <Items items={table} />
        </div>
      </details>
    </li>
  );
}

function ScriptText({ text }: { text: string }) {
  const url = webUrl(text);
  if (url)
    return (
      <a
        href={url}
        target="_blank"
        rel="noreferrer noopener"
        className="min-w-0 font-mono break-all text-accent underline"
      >
        {visible(text)}
      </a>
    );
  const shown = dedent(visibleLines(text));
  const lines = shown.includes("\n");
  return (
    <bdi
      className={cx(
        "min-w-0 font-mono break-words whitespace-pre-wrap",
        lines && "block basis-full border-l border-line pl-3",
      )}
    >
      {shown}
    </bdi>
  );
}
