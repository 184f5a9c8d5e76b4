// How numbers, times and sizes read. Pure, so that the same value reads the same on every page.

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `16777216` as `16,777,216`. */
export function count(value: number): string {
  return whole.format(value);
}

/** `16777216` as `16.8M`; below 10,000 whole. */
export function countShort(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value);
}

/** `count(2, "host")` as `2 hosts`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** Percent of a whole. Never says 100 % before all is done, nor 0 % when something is. */
export function percent(part: number, all: number): string {
  if (all === 0) return "100 %";
  if (part === 0) return "0 %";
  if (part === all) return "100 %";
  const value = (100 * part) / all;
  if (value < 0.1) return "< 0.1 %";
  if (value > 99.9) return "> 99.9 %";
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)} %`;
}

/** Bytes in binary units: `1536` as `1.5 KiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as people say them: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.floor(s)} s`;
  const total = Math.floor(s);
  const min = Math.floor(total / 60);
  if (min < 60) return `${min} min ${String(total % 60).padStart(2, "0")} s`;
  const hours = Math.floor(min / 60);
  if (hours < 24) return `${hours} h ${String(min % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const day = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** The time of day, local. */
export function timeOfDay(at: string): string {
  return clock.format(new Date(at));
}

/** The day and the time, local. */
export function dateTime(at: string): string {
  return day.format(new Date(at));
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** How long ago, in the largest unit that fits: `3 min. ago`. */
export function ago(at: string, now: number): string {
  const s = Math.round((new Date(at).getTime() - now) / 1000);
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(s) >= size) return relative.format(Math.trunc(s / size), unit);
  }
  return Math.abs(s) < 5 ? "just now" : relative.format(s, "second");
}

/** Splits an argv into what a shell would be given: words with blanks or signs in quotes. */
export function shell(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

/** Splits a line of flags into words, as a shell does for quotes and backslashes. */
export function words(line: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i += 1) {
    const sign = line[i] ?? "";
    if (quote) {
      if (sign === quote) quote = null;
      else if (sign === "\\" && quote === '"' && i + 1 < line.length)
        word = (word ?? "") + line[++i];
      else word = (word ?? "") + sign;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (sign === "\\" && i + 1 < line.length) {
      word = (word ?? "") + line[++i];
    } else if (/\s/.test(sign)) {
      if (word !== null) found.push(word);
      word = null;
    } else {
      word = (word ?? "") + sign;
    }
  }
  if (word !== null) found.push(word);
  return found;
}
