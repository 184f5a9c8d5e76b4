// The page of something that is not there: calm, as trying again does not bring it.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { visible } from "@/lib/text";
import { buttonClass } from "./basics";
import { PageHead } from "./page";
import { Empty } from "./states";

/** Characters of a name that a mistyped link may bring. */
const NAME_MAX = 40;

export function Missing({
  what,
  name,
  list,
  children,
}: {
  /** What it would be: `scan`. */
  what: string;
  /** As the link has it: a number, mostly. */
  name: string;
  /** Where those are that are there. */
  list: { label: string; to: string };
  /** Why it may not be there. */
  children: ReactNode;
}) {
  return (
    <>
      <PageHead title={`No such ${what}`} />
      <Empty
        title={`There is no ${what} ${visible(name.slice(0, NAME_MAX))}`}
        action={
          <Link to={list.to as "/"} className={buttonClass("primary")}>
            {list.label}
          </Link>
        }
      >
        {children}
      </Empty>
    </>
  );
}
