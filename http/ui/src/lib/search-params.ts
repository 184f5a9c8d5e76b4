// What a page keeps in its URL. The router reads `?port=80` as a number and `?q=x` as a text; here all
// are texts, and one that is not valid counts as left out: a mistyped link never breaks a page.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

/** Reads a value of a URL: what it means, or undefined when it is not valid. */
export type Reader<T> = (text: string) => T | undefined;

const TEXT_MAX = 500;

/** Any text that is not blank. */
export const aText: Reader<string> = (text) => {
  const value = text.trim().slice(0, TEXT_MAX);
  return value === "" ? undefined : value;
};

/** A whole number within bounds. */
export function aNumber(least: number, most: number): Reader<number> {
  return (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
  };
}

/** An id of the store. */
export const anId = aNumber(1, Number.MAX_SAFE_INTEGER);

/** One of some words, in any case. */
export function oneOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return (text) => words.find((word) => word === text.toLowerCase());
}

// biome-ignore lint/suspicious/noExplicitAny: each parameter has a type of its own
type Readers = Record<string, Reader<any>>;
/** The values of a URL: what is left out or not valid is undefined. */
export type ValuesOf<R extends Readers> = {
  [Name in keyof R]?: Exclude<ReturnType<R[Name]>, undefined>;
};

/** Reads what the router made of a URL. */
export function readParams<R extends Readers>(
  readers: R,
  raw: Record<string, unknown>,
): ValuesOf<R> {
  const found: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(readers)) {
    const value = raw[name];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      continue;
    const meant = read(String(value));
    if (meant !== undefined) found[name] = meant;
  }
  return found as ValuesOf<R>;
}

/** A text that reads as a number is written as one, so that the URL has no quotes about it. */
function bare(value: unknown): unknown {
  return typeof value === "string" && value !== "" && String(Number(value)) === value
    ? Number(value)
    : value;
}

/**
 * The values in the URL of this page, and how to change some of them; undefined leaves one out.
 * Changes replace the URL, so that "back" leaves the page instead of undoing key strokes.
 */
export function useParamsOf<R extends Readers>(
  readers: R,
): [ValuesOf<R>, (change: Partial<ValuesOf<R>>) => void] {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const values = useMemo(() => readParams(readers, raw), [readers, raw]);
  const set = useCallback(
    (change: Partial<ValuesOf<R>>) => {
      const next = Object.fromEntries(
        Object.entries(change).map(([name, value]) => [name, bare(value)]),
      );
      void navigate({
        to: ".",
        search: ((before: object) => ({ ...before, ...next })) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [values, set];
}
