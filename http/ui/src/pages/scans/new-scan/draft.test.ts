import { describe, expect, it } from "vitest";
import type { Scan } from "@/api/client";
import { targetFile } from "@/lib/targets";
import {
  draftOfScan,
  EMPTY,
  fieldOf,
  isChunkTuned,
  meaningOf,
  packed,
  unpacked,
  withPrefill,
} from "./draft";

describe("meaningOf", () => {
  it("leaves out all that nobody has written", () => {
    expect(meaningOf(EMPTY)).toEqual({ request: { targets: [] }, errors: {} });
  });

  it("takes targets of the field and of all lists, in order", () => {
    const draft = { ...EMPTY, targets: "a b # c", files: [targetFile("f", "d\ne")] };
    expect(meaningOf(draft).request.targets).toEqual(["a", "b", "d", "e"]);
  });

  it("takes a profile, and flags beside it", () => {
    const flags = ["-sT", "-p", "1 2"];
    const { request } = meaningOf({ ...EMPTY, flags: "-sT -p '1 2'", profile: "fast" });
    expect(request).toEqual({ targets: [], profile: "fast", nmap_flags: flags });
    expect(meaningOf({ ...EMPTY, profile: "fast" }).request.nmap_flags).toBeUndefined();
  });

  it("says whether numbers are kept or where tuning begins", () => {
    const draft = { ...EMPTY, chunk: "64" };
    expect(meaningOf(draft).request).toMatchObject({ chunk_size: 64, adaptive: true });
    expect(meaningOf({ ...draft, adaptive: false }).request.adaptive).toBeUndefined();
    expect(meaningOf({ ...EMPTY, adaptive: false }).request.adaptive).toBe(false);
  });

  it("gives the whole policy when any of it differs, times in milliseconds", () => {
    const { request } = meaningOf({ ...EMPTY, stallTimeoutS: "1.5", resplit: false });
    expect(request.policy).toMatchObject({ stall_timeout_ms: 1500, resplit: "off", salvage: true });
    expect(meaningOf({ ...EMPTY, attempts: "3" }).request.policy).toBeUndefined();
  });

  it("names what is no number, and sends none for it", () => {
    const { request, errors } = meaningOf({
      ...EMPTY,
      chunk: "1e3",
      attempts: "-1",
      backoffMs: "1.5",
    });
    expect(Object.keys(errors).sort()).toEqual(["attempts", "backoffMs", "chunk"]);
    expect(request.chunk_size).toBeUndefined();
  });
});

it("knows the field that the server speaks of", () => {
  expect(fieldOf("/policy/attempts_max")).toBe("attempts");
  expect(fieldOf("/nmap_flags/2")).toBe("flags");
  expect(fieldOf("/name")).toBe("name");
  expect(fieldOf("/other")).toBeNull();
});

describe("where a draft comes from", () => {
  it("is a scan, with its flags quoted", () => {
    const scan = {
      id: 3,
      targets: ["a", "b"],
      exclude: ["c"],
      nmap_flags: ["--script-args", "a b"],
      name: null,
      project_id: 9,
      chunk_size: 32,
      concurrency: 8,
      tuning: { chunk_size: false, concurrency: true },
    } as Scan;
    const { request } = meaningOf(draftOfScan(scan));
    expect(request).toMatchObject({
      targets: ["a", "b"],
      exclude: ["c"],
      nmap_flags: ["--script-args", "a b"],
      project_id: 9,
      chunk_size: 32,
    });
    expect(request.concurrency).toBeUndefined();
  });

  it("is a link, over anything else", () => {
    const draft = withPrefill(
      { ...EMPTY, targets: "old", profile: "p" },
      { targets: "10.0.0.1,10.0.0.2 fd00::1,host", flags: "-sT", project: 4 },
    );
    expect(draft.targets.split("\n")).toEqual(["10.0.0.1", "10.0.0.2", "fd00::1", "host"]);
    expect(draft).toMatchObject({ flags: "-sT", profile: "p", project: "4" });
    // Commas within an octet belong to it.
    expect(withPrefill(EMPTY, { targets: "10.0.0.1,3,9" }).targets).toBe("10.0.0.1,3,9");
  });

  it("is what was kept over a reload of the same link, and nothing else", () => {
    const draft = { ...EMPTY, targets: "a", files: [targetFile("f", "x y")], resolve: false };
    expect(unpacked(packed(draft, "?a"), "?a")).toEqual(draft);
    expect(unpacked(packed(draft, "?a"), "?b")).toBeNull();
    expect(unpacked("{", "")).toBeNull();
    expect(unpacked('{"source":"","draft":{"targets":7,"files":[1]}}', "")).toEqual(EMPTY);
  });
});

it("knows whether the number of batches is a guess", () => {
  expect(isChunkTuned({})).toBe(true);
  expect(isChunkTuned({ chunk_size: 16 })).toBe(false);
  expect(isChunkTuned({ chunk_size: 16, adaptive: true })).toBe(true);
  expect(isChunkTuned({ concurrency: 4 })).toBe(true);
  expect(isChunkTuned({ adaptive: false })).toBe(false);
});
