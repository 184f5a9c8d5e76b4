// A filter of a few values, each with its count.
import { cx } from "@/components/basics";
import { count } from "@/lib/format";

export interface Choice {
  key: string;
  label: string;
  count?: number;
}

export function Chips({
  label,
  choices,
  chosen,
  onToggle,
  onClear,
}: {
  label: string;
  choices: Choice[];
  chosen: readonly string[];
  onToggle: (key: string) => void;
  onClear: () => void;
}) {
  const look = (isOn: boolean) =>
    cx(
      "inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-xs whitespace-nowrap",
      isOn
        ? "border-accent bg-accent-soft font-medium text-accent"
        : "border-line text-muted hover:bg-hover hover:text-text",
    );
  return (
    <div
      role="group"
      aria-label={label}
      className="flex flex-wrap items-center gap-1.5 border-b border-line px-4 py-2"
    >
      <button
        type="button"
        aria-pressed={chosen.length === 0}
        className={look(chosen.length === 0)}
        onClick={onClear}
      >
        All
      </button>
      {choices.map((choice) => {
        const isOn = chosen.includes(choice.key);
        return (
          <button
            key={choice.key}
            type="button"
            aria-pressed={isOn}
            className={look(isOn)}
            onClick={() => onToggle(choice.key)}
          >
            {choice.label}
            {choice.count === undefined ? null : <span className="num">{count(choice.count)}</span>}
          </button>
        );
      })}
    </div>
  );
}
