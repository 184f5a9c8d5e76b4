// The small parts that every page is made of. Their look is here and nowhere else.
import type { ComponentProps, ReactNode } from "react";
import { useEffect, useState } from "react";
import { ago, bytes, count, dateTime, timeOfDay } from "@/lib/format";

/** Joins class names; what is not there is left out. */
export function cx(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

const VARIANTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  plain: "bg-surface text-text border-line hover:bg-hover",
  quiet: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-surface text-danger border-line hover:bg-danger-soft",
} as const;

/** The look of a button, for links that look like one. */
export function buttonClass(
  variant: keyof typeof VARIANTS = "plain",
  size: "sm" | "md" = "md",
  className?: string,
): string {
  return cx(
    "inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none transition-colors",
    "disabled:opacity-50 disabled:cursor-not-allowed aria-disabled:opacity-50",
    size === "md" ? "h-9 px-3 text-sm" : "h-7 px-2 text-xs",
    VARIANTS[variant],
    className,
  );
}

export function Button({
  variant = "plain",
  size = "md",
  className,
  type = "button",
  ...rest
}: ComponentProps<"button"> & { variant?: keyof typeof VARIANTS; size?: "sm" | "md" }) {
  return <button type={type} className={buttonClass(variant, size, className)} {...rest} />;
}

/** A button of one sign. The label is read out, and shown when the pointer rests on it. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        "inline-flex size-9 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text disabled:opacity-40",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return (
    <section className={cx("rounded-lg border border-line bg-surface", className)} {...rest} />
  );
}

/** The head of a card: what it shows, and what can be done with it. */
export function CardHead({
  title,
  hint,
  actions,
}: {
  title: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
      <h2 className="text-sm font-semibold">{title}</h2>
      {hint ? <span className="text-xs text-muted">{hint}</span> : null}
      {actions ? <div className="ml-auto flex items-center gap-2">{actions}</div> : null}
    </header>
  );
}

const TONES = {
  neutral: "bg-sunken text-muted border-line",
  good: "bg-good-soft text-good border-transparent",
  warn: "bg-warn-soft text-warn border-transparent",
  danger: "bg-danger-soft text-danger border-transparent",
  info: "bg-info-soft text-info border-transparent",
  accent: "bg-accent-soft text-accent border-transparent",
} as const;
export type Tone = keyof typeof TONES;

export function Badge({
  tone = "neutral",
  className,
  ...rest
}: ComponentProps<"span"> & { tone?: Tone }) {
  return (
    <span
      className={cx(
        "inline-flex items-center gap-1 rounded border px-1.5 py-0.5 text-xs font-medium whitespace-nowrap",
        TONES[tone],
        className,
      )}
      {...rest}
    />
  );
}

/** A message in the page: something to know, or that went wrong. */
export function Notice({
  tone = "info",
  title,
  children,
  actions,
}: {
  tone?: Exclude<Tone, "neutral" | "accent">;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={cx("flex flex-wrap items-start gap-3 rounded-md px-3 py-2 text-sm", TONES[tone])}
    >
      <div className="min-w-0 flex-1 basis-64 break-words">
        {title ? <p className="font-semibold">{title}</p> : null}
        {children ? <div className="text-text">{children}</div> : null}
      </div>
      {actions}
    </div>
  );
}

const INPUT =
  "rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-muted aria-invalid:border-danger disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(INPUT, "h-9 w-full", className)} {...rest} />;
}

/** An input for what is not prose: flags, addresses. Nothing corrects it or fills it in. */
export function CodeInput({ className, ...rest }: ComponentProps<"input">) {
  return (
    <Input
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      className={cx("font-mono", className)}
      {...rest}
    />
  );
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(INPUT, "w-full py-2 font-mono leading-5", className)} {...rest} />;
}

/** The platform's own list of choices: it works with any keyboard, screen reader and phone. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cx(INPUT, "h-9", className)} {...rest} />;
}

/** A field with its label, what it is for, and what is wrong with it. Give `id` to the input. */
export function Field({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-xs break-words text-danger">
          {error}
        </p>
      ) : hint ? (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** A key of the keyboard. */
export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded border border-line bg-sunken px-1 font-sans text-[11px] text-muted">
      {children}
    </kbd>
  );
}

/** The clock of this page: draws anew every `ms`. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

/** A time as people here read it; the exact one in UTC when the pointer rests on it. */
export function Time({
  at,
  as = "ago",
}: {
  at: string | null | undefined;
  as?: "ago" | "date" | "clock";
}) {
  if (!at) return <span className="text-muted">–</span>;
  return (
    <time dateTime={at} title={`${dateTime(at)} here, ${at} UTC`} className="num whitespace-nowrap">
      {as === "ago" ? <Ago at={at} /> : as === "date" ? dateTime(at) : timeOfDay(at)}
    </time>
  );
}

function Ago({ at }: { at: string }) {
  return ago(at, useNow(10_000));
}

/** A number, aligned with those above and below it. */
export function Num({ value }: { value: number }) {
  return <span className="num">{count(value)}</span>;
}

export function Bytes({ value }: { value: number }) {
  return (
    <span className="num" title={`${count(value)} bytes`}>
      {bytes(value)}
    </span>
  );
}

/** Grey where something is about to be, of its size, so that nothing moves when it comes. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div aria-hidden className={cx("animate-pulse rounded bg-sunken", className ?? "h-4 w-full")} />
  );
}

/** A figure with its name. */
export function Stat({
  label,
  value,
  hint,
  tone,
}: {
  label: ReactNode;
  value: ReactNode;
  hint?: ReactNode;
  tone?: "good" | "warn" | "danger";
}) {
  const color =
    tone === "good"
      ? "text-good"
      : tone === "warn"
        ? "text-warn"
        : tone === "danger"
          ? "text-danger"
          : "";
  return (
    <div className="min-w-0 px-4 py-3">
      <dt className="truncate text-xs text-muted">{label}</dt>
      <dd className={cx("num truncate text-xl font-semibold", color)}>{value}</dd>
      {hint ? <dd className="truncate text-xs text-muted">{hint}</dd> : null}
    </div>
  );
}
