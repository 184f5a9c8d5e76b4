// Reads the Prometheus text that `/metrics` answers, as far as this page shows it.

/** The values of metrics without labels, by name. What cannot be read is left out. */
export function readMetrics(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)\s+(\S+)\s*$/.exec(line);
    const [, name, value] = parts ?? [];
    if (name === undefined || value === undefined) continue;
    const number = Number(value);
    if (Number.isFinite(number)) found.set(name, number);
  }
  return found;
}

/** The mean of a histogram in seconds; null before anything was counted. */
export function meanOf(metrics: Map<string, number>, name: string): number | null {
  const sum = metrics.get(`${name}_sum`);
  const all = metrics.get(`${name}_count`);
  return sum === undefined || !all ? null : sum / all;
}
