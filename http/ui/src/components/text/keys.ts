// The keys of a text that has the focus.
export interface TextKeys {
  onSearch: () => void;
  go: (step: 1 | -1) => void;
  onEnd: () => void;
  onWrap: () => void;
  onFollow?: () => void;
  onPause?: () => void;
}

/** Does what a key means; returns whether it means something. */
export function pressed(
  event: Pick<React.KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
  keys: TextKeys,
): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  switch (event.key) {
    case "/":
      keys.onSearch();
      return true;
    case "n":
      keys.go(1);
      return true;
    case "N":
      keys.go(-1);
      return true;
    case "w":
      keys.onWrap();
      return true;
    case "f":
      keys.onFollow?.();
      return keys.onFollow !== undefined;
    case "p":
      keys.onPause?.();
      return keys.onPause !== undefined;
    case "End":
      // The browser scrolls to the end as well.
      keys.onEnd();
      return false;
    default:
      return false;
  }
}
