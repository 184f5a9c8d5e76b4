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

const PHRASE_MAX = 200;

/** Any text as it is, blanks and all: what is searched for in a text. */
export const aPhrase: Reader<string> = (text) => text.slice(0, PHRASE_MAX) || undefined;

/** What is switched on. */
export const aFlag: Reader<true> = (text) => (text === "true" || text === "1" ? true : undefined);

/** Some words with commas between: those that look right, so many at most. */
export function listOf(look: RegExp, most: number): Reader<string[]> {
  return (text) => {
    const found = text.split(",").filter((word) => look.test(word));
    return found.length > 0 ? found.slice(0, most) : undefined;
  };
}

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

/** New values; undefined, a false flag, an empty text or list leave one out. */
export type Changes<R extends Readers> = {
  [Name in keyof R]?:
    | ValuesOf<R>[Name]
    | (ValuesOf<R>[Name] extends true | undefined ? boolean : never);
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

/**
 * The values as the URL has them: what says nothing is left out, and a text that reads as a number is
 * written as one, so that there are no quotes about it.
 */
export function written(values: Record<string, unknown>): Record<string, unknown> {
  const one = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.join(",") || undefined;
    if (value === "" || value === false) return undefined;
    return typeof value === "string" && String(Number(value)) === value ? Number(value) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, one(value)]));
}

/**
 * The values in the URL of this page, and how to change some of them; undefined leaves one out.
 * Changes replace the URL, so that "back" leaves the page instead of undoing key strokes; one that is
 * a step of its own (`isStep`) is undone by "back".
 */
export function useParamsOf<R extends Readers>(
  readers: R,
): [ValuesOf<R>, (change: Changes<R>, isStep?: boolean) => void] {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const values = useMemo(() => readParams(readers, raw), [readers, raw]);
  const set = useCallback(
    (change: Changes<R>, isStep = false) => {
      const next = written(change);
      void navigate({
        to: ".",
        search: ((before: object) => ({ ...before, ...next })) as never,
        replace: !isStep,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [values, set];
}
