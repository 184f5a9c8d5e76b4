// All pages and their URLs. A page is loaded when it is first opened.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { Shell } from "./app/shell";
import { buttonClass } from "./components/basics";
import { PageHead } from "./components/page";
import { Empty, Failed, LoadingRows } from "./components/states";
import type { Overall } from "./live/overall";

export interface RouterContext {
  client: QueryClient;
  overall: () => Overall;
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const login = createRoute({
  getParentRoute: () => root,
  path: "login",
  component: lazyRouteComponent(() => import("./pages/login")),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: function Framed() {
    return <Shell overall={shell.useRouteContext().overall()} />;
  },
});

const under = () => shell;
const page = <Path extends string>(
  path: Path,
  load: () => Promise<{ default: React.ComponentType }>,
) => createRoute({ getParentRoute: under, path, component: lazyRouteComponent(load) });

const pages = [
  page("/", () => import("./pages/overview")),
  page("projects", () => import("./pages/projects/list")),
  page("projects/$projectId", () => import("./pages/projects/project")),
  page("scans", () => import("./pages/scans/list")),
  page("scans/new", () => import("./pages/scans/new")),
  page("scans/$scanId", () => import("./pages/scans/scan")),
  page("scans/$scanId/$tab", () => import("./pages/scans/scan")),
  page("batches/$batchId", () => import("./pages/batches/batch")),
  page("batches/$batchId/raw/$stream", () => import("./pages/batches/raw")),
  page("hosts/$hostId", () => import("./pages/hosts/host")),
  page("addresses/$address", () => import("./pages/hosts/address")),
  page("search", () => import("./pages/hosts/search")),
  page("difficult", () => import("./pages/difficult")),
  page("compare", () => import("./pages/scans/compare")),
  page("profiles", () => import("./pages/profiles")),
  page("quick", () => import("./pages/quick")),
  page("system", () => import("./pages/system/system")),
  page("system/$tab", () => import("./pages/system/system")),
] as const;

function NotFound() {
  return (
    <>
      <PageHead title="No such page" />
      <Empty
        title="There is no such page"
        action={
          <Link to="/" className={buttonClass("primary")}>
            To the overview
          </Link>
        }
      >
        The address may be mistyped, or what it showed was deleted.
      </Empty>
    </>
  );
}

/** All other paths: within the frame, so that one sees where else to go. */
const others = createRoute({ getParentRoute: under, path: "$", component: NotFound });

export function makeRouter(context: RouterContext) {
  return createRouter({
    routeTree: root.addChildren([login, shell.addChildren([...pages, others])]),
    context,
    defaultPreload: "intent",
    defaultPendingComponent: LoadingRows,
    defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
