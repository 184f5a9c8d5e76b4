// Whether a part of the page says by itself that what it shows is old, so that the frame need not.
import { useEffect, useSyncExternalStore } from "react";

export class Sayers {
  #count = 0;
  #watchers = new Set<() => void>();

  get any(): boolean {
    return this.#count > 0;
  }

  /** One more says it, until what is returned is called. */
  add(): () => void {
    this.#change(1);
    let isIn = true;
    return () => {
      if (isIn) this.#change(-1);
      isIn = false;
    };
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #change(by: number): void {
    this.#count += by;
    for (const watcher of this.#watchers) watcher();
  }
}

const sayers = new Sayers();

/** Tells the frame that this part says it, while it does. */
export function useSaysStale(isSaid: boolean): void {
  useEffect(() => (isSaid ? sayers.add() : undefined), [isSaid]);
}

/** Whether a part of the page says it. */
export function useIsStaleSaid(): boolean {
  return useSyncExternalStore(sayers.subscribe, () => sayers.any);
}
