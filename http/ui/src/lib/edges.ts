// Which sides of a box have more to scroll to. Pure.

interface Box {
  scrollLeft: number;
  clientWidth: number;
  scrollWidth: number;
}

/** `left`, `right`, both or neither, as words. Zoomed pages scroll by parts of a pixel. */
export function sidesWithMore({ scrollLeft, clientWidth, scrollWidth }: Box): string {
  const left = scrollLeft > 1 ? "left" : "";
  const right = scrollWidth - clientWidth - scrollLeft > 1 ? "right" : "";
  return [left, right].filter(Boolean).join(" ");
}
