// Events of all scans at once, for lists: they say what to ask for anew, so that nothing is polled.
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/queries";
import type { EventFrame } from "../api/client";
import { FIRST, Link, type LinkState } from "./connection";
import { type Told, withNews } from "./patch";

/** Events after which a list reads otherwise. */
const CHANGES = new Set<string>([
  "scan_started",
  "scan_paused",
  "scan_resumed",
  "scan_stopping",
  "scan_recovered",
  "scan_waiting",
  "scan_ready",
  "scan_complete",
]);

/** Milliseconds between two readings of the same lists. */
const CALM_MS = 1_000;
/** Milliseconds that progress of scans is gathered for, so that lists are drawn once for all. */
const GATHER_MS = 250;

export class Overall {
  state: LinkState = FIRST;
  #link: Link;
  #watchers = new Set<() => void>();
  #due: ReturnType<typeof setTimeout> | null = null;
  #told = new Map<number, Told>();
  #telling: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: QueryClient) {
    this.#link = new Link({
      path: "/ws/events",
      since: null,
      isOverall: true,
      onEvent: (event) => this.#take(event as unknown as EventFrame),
      onState: (state) => {
        this.state = state;
        for (const watcher of this.#watchers) watcher();
      },
    });
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  retryNow(): void {
    this.#link.retryNow();
  }

  close(): void {
    this.#link.close();
    if (this.#due) clearTimeout(this.#due);
    if (this.#telling) clearTimeout(this.#telling);
  }

  #take(event: EventFrame | { event: "connected" | "gap" }): void {
    // After a break everything may have changed: events of that time do not come again here.
    if (event.event === "connected" || event.event === "gap") void this.client.invalidateQueries();
    else if (event.event === "scan_progress") {
      this.#told.set(event.scan_id, { progress: event.progress, verdicts: event.verdicts });
      this.#telling ??= setTimeout(() => this.#tell(), GATHER_MS);
    } else if (CHANGES.has(event.event)) this.#later();
  }

  /** Puts the progress that was gathered into all lists; only what counts more is read anew. */
  #tell(): void {
    this.#telling = null;
    const told = this.#told;
    this.#told = new Map();
    for (const queryKey of [keys.scans, keys.projects]) {
      this.client.setQueriesData({ queryKey }, (data: unknown) => withNews(data, told));
    }
    for (const id of told.keys()) {
      void this.client.invalidateQueries({ queryKey: keys.scan(id) });
    }
    void this.client.invalidateQueries({ queryKey: keys.system });
  }

  #later(): void {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      void this.client.invalidateQueries({ queryKey: keys.scans });
      void this.client.invalidateQueries({ queryKey: keys.projects });
      void this.client.invalidateQueries({ queryKey: keys.system });
    }, CALM_MS);
  }
}
