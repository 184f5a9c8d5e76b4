import { expect, it } from "vitest";
import { actorName, auditFilter, auditParams, objectLink, readHead } from "./audit";

it("reads a URL's filter, and lets nonsense be", () => {
  expect(auditFilter({ action: "scan-stop", actor: " ann ", since: "12" })).toEqual({
    action: "scan-stop",
    actor: "ann",
    since: 12,
  });
  expect(auditFilter({ actor: 42, since: 7 })).toMatchObject({ actor: "42", since: 7 });
  for (const search of [
    {},
    { action: "toString", actor: " ", since: -1 },
    { action: 5, actor: {}, since: "x" },
  ]) {
    const filter = auditFilter(search);
    expect(filter).toEqual({ action: null, actor: null, since: null });
    expect(auditParams(filter)).toEqual({});
  }
});

it("asks for 0 when 0 was said", () => {
  expect(auditParams(auditFilter({ since: 0 }))).toEqual({ since: 0 });
});

it("links to what has a page", () => {
  expect(objectLink({ kind: "scan", id: "12" })).toBe("/scans/12");
  expect(objectLink({ kind: "project", id: "3" })).toBe("/projects/3");
  expect(objectLink({ kind: "token", id: "k3v9q0ab" })).toBeNull();
  expect(objectLink({ kind: "scan", id: "../x" })).toBeNull();
  expect(objectLink(null)).toBeNull();
});

it("names who acted", () => {
  expect(actorName({ kind: "local", name: "root" })).toBe("root");
  expect(actorName({ kind: "server" })).toBe("server");
});

it("takes a head only as it is written", () => {
  const hash = "A".repeat(64);
  expect(readHead(` 12:${hash} `)).toBe(`12:${"a".repeat(64)}`);
  expect(readHead("12")).toBeNull();
  expect(readHead(`12:${hash}0`)).toBeNull();
});
