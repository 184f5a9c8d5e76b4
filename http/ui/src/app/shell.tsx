// The frame around every page: where one can go, whether what is shown is live, and who one is.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import {
  Activity,
  FolderKanban,
  GitCompareArrows,
  House,
  ListChecks,
  LogOut,
  Menu as MenuSign,
  Monitor,
  Moon,
  Plus,
  Search,
  Server,
  SlidersHorizontal,
  Sun,
  TriangleAlert,
  Unplug,
  X,
  Zap,
} from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { api } from "@/api/client";
import { callerQuery, systemQuery } from "@/api/queries";
import { Button, buttonClass, IconButton } from "@/components/basics";
import { Menu } from "@/components/overlays";
import type { Overall } from "../live/overall";
import { useIsStaleSaid } from "../live/stale";
import { CommandPalette } from "./palette";
import { chooseTheme, chosenTheme, type Theme } from "./theme";

const PLACES = [
  { to: "/", label: "Overview", icon: House },
  { to: "/projects", label: "Projects", icon: FolderKanban },
  { to: "/scans", label: "Scans", icon: ListChecks },
  { to: "/search", label: "Search", icon: Search },
  { to: "/difficult", label: "Difficult targets", icon: TriangleAlert },
  { to: "/compare", label: "Compare", icon: GitCompareArrows },
  { to: "/profiles", label: "Profiles", icon: SlidersHorizontal },
  { to: "/quick", label: "Quick scan", icon: Zap },
  { to: "/system", label: "System", icon: Server },
] as const;

function Places({ onGo }: { onGo?: () => void }) {
  return (
    <nav aria-label="Main" className="flex flex-col gap-0.5 p-2">
      {PLACES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          onClick={onGo}
          activeOptions={{ exact: to === "/" }}
          className="flex h-9 items-center gap-2.5 rounded-md px-2.5 text-sm text-muted hover:bg-hover hover:text-text aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-text"
        >
          <Icon aria-hidden className="size-4 shrink-0" />
          {label}
        </Link>
      ))}
    </nav>
  );
}

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2 px-2 text-base font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" width={24} height={24} />
      netscan
    </Link>
  );
}

/** Says whether the page follows the server; when not, why, and since when it may be out of date. */
function LiveSign({ overall }: { overall: Overall }) {
  const state = useSyncExternalStore(overall.subscribe, () => overall.state);
  if (state.phase === "live") {
    return (
      <span
        className="flex items-center gap-1.5 text-xs text-muted"
        title="Changes come as they happen"
      >
        <Activity aria-hidden className="size-3.5 text-good" />
        <span className="max-sm:sr-only">Live</span>
      </span>
    );
  }
  return (
    <span role="status" className="flex items-center gap-2 text-xs text-warn">
      <Unplug aria-hidden className="size-3.5" />
      {state.phase === "connecting" && state.failures === 0 ? "Connecting" : "Not live"}
      {state.phase === "waiting" ? (
        <Button size="sm" onClick={() => overall.retryNow()} title={state.reason ?? undefined}>
          Retry
        </Button>
      ) : null}
    </span>
  );
}

/**
 * What is shown may be old: said across the page, once the connection is away for a moment, unless
 * the page says more of it.
 */
function StaleBanner({ overall }: { overall: Overall }) {
  const state = useSyncExternalStore(overall.subscribe, () => overall.state);
  const isSaid = useIsStaleSaid();
  if (isSaid || (state.failures < 2 && state.phase !== "ended")) return null;
  return (
    <p role="status" className="bg-warn-soft px-4 py-1.5 text-sm text-warn">
      Not connected{state.reason ? `: ${state.reason}` : ""}. What you see may be out of date; it
      catches up by itself.
    </p>
  );
}

function Account() {
  const { data: caller } = useQuery(callerQuery);
  const client = useQueryClient();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const choose = (value: Theme) => {
    chooseTheme(value);
    setTheme(value);
  };
  const Sign = theme === "dark" ? Moon : theme === "light" ? Sun : Monitor;
  const logOut = async () => {
    await api.DELETE("/api/session");
    client.clear();
    location.assign("/login");
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label="Theme">
            <Sign aria-hidden className="size-4" />
          </IconButton>
        }
        items={[
          { label: "Light", icon: <Sun className="size-4" />, onSelect: () => choose("light") },
          { label: "Dark", icon: <Moon className="size-4" />, onSelect: () => choose("dark") },
          {
            label: "As the system",
            icon: <Monitor className="size-4" />,
            onSelect: () => choose("system"),
          },
        ]}
      />
      {caller?.by === "session" ? (
        <Menu
          trigger={
            <Button variant="quiet" className="max-w-40">
              <span className="truncate">{caller.name}</span>
            </Button>
          }
          items={[
            {
              label: "Log out",
              icon: <LogOut className="size-4" />,
              onSelect: () => void logOut(),
            },
          ]}
        />
      ) : null}
    </>
  );
}

function Version() {
  const { data } = useQuery(systemQuery);
  return (
    <p className="num px-4 py-3 text-xs text-muted">
      {data ? `netscan ${data.version}` : "netscan"}
      {data?.nmap ? <span className="block">nmap {data.nmap.version}</span> : null}
    </p>
  );
}

/** Tells screen readers which page was opened: the browser does so only for those it loads itself. */
function Announced() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [title, setTitle] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each path is a new page
  useEffect(() => {
    // The page names itself when it is drawn.
    const timer = setTimeout(() => setTitle(document.title), 300);
    return () => clearTimeout(timer);
  }, [path]);
  return (
    <p aria-live="polite" className="sr-only">
      {title}
    </p>
  );
}

export function Shell({ overall }: { overall: Overall }) {
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette(true);
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col border-r border-line bg-surface lg:flex">
        <div className="flex h-14 items-center px-2">
          <Brand />
        </div>
        <Places />
        <div className="mt-auto">
          <Version />
        </div>
      </aside>
      {open ? (
        <div className="fixed inset-0 z-40 flex lg:hidden">
          <div className="w-64 border-r border-line bg-surface">
            <div className="flex h-14 items-center justify-between px-2">
              <Brand />
              <IconButton label="Close menu" onClick={() => setOpen(false)}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
            <Places onGo={() => setOpen(false)} />
            <Version />
          </div>
          <button
            type="button"
            aria-label="Close menu"
            className="flex-1 bg-black/50"
            onClick={() => setOpen(false)}
          />
        </div>
      ) : null}
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-surface px-3 sm:px-4">
          <IconButton label="Open menu" className="lg:hidden" onClick={() => setOpen(true)}>
            <MenuSign aria-hidden className="size-5" />
          </IconButton>
          <button
            type="button"
            onClick={() => setPalette(true)}
            className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md border border-line bg-canvas px-2.5 text-sm text-muted hover:bg-hover sm:max-w-sm"
          >
            <Search aria-hidden className="size-4 shrink-0" />
            <span className="truncate">Find a host, a scan, a page</span>
            <kbd className="ml-auto hidden font-sans text-xs sm:block">Ctrl K</kbd>
          </button>
          <div className="ml-auto flex items-center gap-1.5">
            <LiveSign overall={overall} />
            <Account />
            <Link to="/scans/new" className={buttonClass("primary")}>
              <Plus aria-hidden className="size-4" />
              <span className="max-sm:sr-only">New scan</span>
            </Link>
          </div>
        </header>
        <StaleBanner overall={overall} />
        <main id="main" tabIndex={-1} className="min-w-0 flex-1 p-3 outline-none sm:p-5">
          <Outlet />
        </main>
      </div>
      <Announced />
      <CommandPalette open={palette} onOpenChange={setPalette} />
    </div>
  );
}
