import { expect, it } from "vitest";
import { meanOf, readMetrics } from "./metrics";

const TEXT = `# HELP process_open_fds Open files.
# TYPE process_open_fds gauge
process_open_fds 17
process_cpu_seconds_total 0.5
commit_seconds_bucket{le="1"} 4
commit_seconds_sum 2.0
commit_seconds_count 4
idle_seconds_sum 0.0
idle_seconds_count 0
odd NaN
broken
`;

it("reads plain values and leaves the rest", () => {
  const found = readMetrics(TEXT);
  expect(found.get("process_open_fds")).toBe(17);
  expect(found.has("odd")).toBe(false);
  expect(found.has("broken")).toBe(false);
  expect([...found.keys()].some((name) => name.includes("bucket"))).toBe(false);
});

it("tells no mean of nothing", () => {
  const found = readMetrics(TEXT);
  expect(meanOf(found, "commit_seconds")).toBe(0.5);
  expect(meanOf(found, "idle_seconds")).toBeNull();
  expect(meanOf(found, "unknown")).toBeNull();
});
