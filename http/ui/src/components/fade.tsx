// Shades the sides of a box that scrolls sideways, for as long as there is more there: on a phone
// nothing else says so. It lies over the box, and moves nothing.
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { sidesWithMore } from "@/lib/edges";
import { cx } from "./basics";

const SIDE =
  "pointer-events-none absolute top-0 bottom-(--bar-y) z-20 w-8 to-transparent opacity-0";

export function Fade({
  box,
  on = "surface",
  className,
  children,
}: {
  /** The box that scrolls, which is the child. */
  box: RefObject<HTMLElement | null>;
  /** What is behind it. */
  on?: "surface" | "canvas";
  className?: string;
  children: ReactNode;
}) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const scroller = box.current;
    const outer = frame.current;
    if (!scroller || !outer) return;
    const look = () => {
      outer.dataset.more = sidesWithMore(scroller);
      // Beside the bars for scrolling, not over them.
      outer.style.setProperty("--bar-x", `${scroller.offsetWidth - scroller.clientWidth}px`);
      outer.style.setProperty("--bar-y", `${scroller.offsetHeight - scroller.clientHeight}px`);
    };
    const watch = new ResizeObserver(look);
    watch.observe(scroller);
    for (const part of scroller.children) watch.observe(part);
    scroller.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      watch.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [box]);
  const from = on === "surface" ? "from-surface" : "from-canvas";
  return (
    <div ref={frame} className={cx("group/fade relative", className)}>
      {children}
      <span
        aria-hidden
        className={cx(SIDE, "left-0 bg-linear-to-r group-data-[more~=left]/fade:opacity-100", from)}
      />
      <span
        aria-hidden
        className={cx(
          SIDE,
          "right-(--bar-x) bg-linear-to-l group-data-[more~=right]/fade:opacity-100",
          from,
        )}
      />
    </div>
  );
}
