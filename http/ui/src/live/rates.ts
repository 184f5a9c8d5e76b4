// How fast a scan goes, second by second, for as long as its page is open. Counted, not guessed.

export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** Targets with a verdict; null before anybody said. */
  done: number | null;
  /** Lines that came live. */
  lines: number;
}

/** Samples that are kept: an hour of seconds. */
export const SAMPLES_MAX = 3_600;
/** Seconds that a rate is of: progress is told once a second at most, so one alone says little. */
const SPAN_MS = 5_000;

export interface Rates {
  /** Seconds since 1970. */
  at: number[];
  targets: (number | null)[];
  lines: (number | null)[];
}

/** Targets and lines a second at each sample, over the five seconds before it. */
export function rates(samples: readonly Sample[]): Rates {
  const found: Rates = { at: [], targets: [], lines: [] };
  let from = 0;
  samples.forEach((sample, index) => {
    while (from < index - 1 && sample.at - (samples[from + 1] as Sample).at >= SPAN_MS) from += 1;
    const past = samples[from] as Sample;
    const s = (sample.at - past.at) / 1_000;
    found.at.push(sample.at / 1_000);
    if (index === 0 || s <= 0) {
      found.targets.push(null);
      found.lines.push(null);
      return;
    }
    found.lines.push((sample.lines - past.lines) / s);
    found.targets.push(
      sample.done === null || past.done === null ? null : Math.max(0, sample.done - past.done) / s,
    );
  });
  return found;
}
