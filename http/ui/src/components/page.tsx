// The head of a page: where one is, what it is called, what can be done.
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { cx } from "./basics";
import { Fade } from "./fade";

export interface Crumb {
  label: ReactNode;
  to: string;
}

export function PageHead({
  title,
  name,
  crumbs = [],
  aside,
  actions,
  children,
}: {
  title: ReactNode;
  /** What the browser's tab says; `title` when that is text. */
  name?: string;
  crumbs?: Crumb[];
  /** Beside the title: a state, a number. */
  aside?: ReactNode;
  actions?: ReactNode;
  /** Below: tabs, a line of facts. */
  children?: ReactNode;
}) {
  const said = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = said ? `${said} · netscan` : "netscan";
  }, [said]);
  return (
    <header className="mb-4 flex flex-col gap-2">
      {crumbs.length > 0 ? (
        <nav
          aria-label="Breadcrumb"
          className="-my-1.5 flex flex-wrap items-center gap-1 text-xs text-muted"
        >
          {crumbs.map((crumb, at) => (
            <span key={crumb.to} className="flex items-center gap-1">
              {at > 0 ? <ChevronRight aria-hidden className="size-3" /> : null}
              <Link
                to={crumb.to as "/"}
                className="inline-flex min-h-7 items-center hover:text-text hover:underline"
              >
                {crumb.label}
              </Link>
            </span>
          ))}
        </nav>
      ) : null}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 text-xl font-semibold tracking-tight break-words">{title}</h1>
        {aside}
        {actions ? (
          <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
        ) : null}
      </div>
      {children}
    </header>
  );
}

/** Tabs that are pages of their own, so that each has a URL. */
export function TabLinks({ children, label }: { children: ReactNode; label: string }) {
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the tab that is open may lie beyond the edge.
  useEffect(() => {
    const box = nav.current;
    const tab = box?.querySelector<HTMLElement>("[aria-current=page]");
    if (box && tab) box.scrollLeft = tab.offsetLeft + tab.offsetWidth / 2 - box.clientWidth / 2;
  });
  return (
    <Fade box={nav} on="canvas" className="-mb-px">
      <nav
        ref={nav}
        aria-label={label}
        className="relative flex gap-1 overflow-x-auto border-b border-line"
      >
        {children}
      </nav>
    </Fade>
  );
}

/** The class of a link in `TabLinks`. */
export const tabClass = cx(
  "inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-3 text-sm whitespace-nowrap text-muted hover:text-text",
  "aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-text",
);
