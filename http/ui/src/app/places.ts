// Where a typed text may lead: an address, pages, scans, a search. Pure.
import type { Scan, ScanStatus } from "@/api/client";
import { isAddress } from "@/lib/address";
import { scanTitle } from "@/lib/scans";
import { visible } from "@/lib/text";

export interface Entry {
  key: string;
  label: string;
  to: string;
  /** Where a scan stands. */
  status?: ScanStatus;
}

const PAGES: Entry[] = [
  ["New scan", "/scans/new"],
  ["Overview", "/"],
  ["Projects", "/projects"],
  ["Scans", "/scans"],
  ["Search all scans", "/search"],
  ["Difficult targets", "/difficult"],
  ["Compare two scans", "/compare"],
  ["Profiles", "/profiles"],
  ["Quick scan", "/quick"],
  ["System", "/system"],
].map(([label = "", to = ""]) => ({ key: to, label, to }));

/** Entries that are offered at once. */
const MOST = 12;

type Known = Pick<Scan, "id" | "name" | "targets" | "targets_truncated" | "status">;

/** What to offer for a text, the likeliest first. The search comes last, and is never left out. */
export function entriesFor(text: string, scans: readonly Known[]): Entry[] {
  const typed = text.trim();
  if (typed === "") return PAGES;
  const wanted = typed.toLowerCase();
  const has = (value: string) => value.toLowerCase().includes(wanted);
  const address: Entry[] = isAddress(typed)
    ? [
        {
          key: "address",
          label: `Address ${typed}, in all scans of it`,
          to: `/addresses/${encodeURIComponent(typed)}`,
        },
      ]
    : [];
  const found = scans
    .map((scan) => ({ scan, label: visible(`Scan ${scan.id}: ${scanTitle(scan)}`) }))
    .filter(({ scan, label }) => has(label) || has(scan.targets.join(" ")))
    .map(({ scan, label }) => ({
      key: `scan${scan.id}`,
      label,
      to: `/scans/${scan.id}`,
      status: scan.status,
    }));
  const search: Entry = {
    key: "search",
    label: `Search all hosts for “${visible(typed)}”`,
    to: `/search?q=${encodeURIComponent(typed)}`,
  };
  return [
    ...[...address, ...PAGES.filter((page) => has(page.label)), ...found].slice(0, MOST - 1),
    search,
  ];
}
