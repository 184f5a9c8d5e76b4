import { describe, expect, it } from "vitest";
import {
  type DiffHost,
  type DiffPort,
  EMPTY,
  linesOf,
  matches,
  rowsOf,
  serviceParts,
  stateOf,
  takeLine,
} from "./diff";

const side = (state: string, product: string | null = null): DiffPort["before"] => ({
  state,
  product,
});
const port = (
  number: number,
  before = side("closed"),
  after = side("open", "nginx"),
): DiffPort => ({
  port: number,
  protocol: "tcp",
  change: "appeared",
  before,
  after,
});
const host = (
  address: string,
  change: DiffHost["change"] = "changed",
  ports = [port(80)],
): DiffHost => ({
  address,
  change,
  before: "up",
  after: "up",
  ports,
});

describe("reading", () => {
  async function* pieces(...all: string[]) {
    yield* all;
  }
  const read = async (...all: string[]) => {
    const found: string[] = [];
    for await (const lines of linesOf(pieces(...all))) found.push(...lines);
    return found;
  };

  it("joins lines that come in pieces", async () => {
    expect(await read("on", "e\ntw", "o\nthree")).toEqual(["one", "two", "three"]);
    expect(await read("", "a\n")).toEqual(["a"]);
  });

  it("keeps hosts up to a bound, and counts those that have no room", () => {
    let state = { ...EMPTY, hosts: [] as DiffHost[] };
    for (const address of ["1", "2", "3"]) {
      state = takeLine(state, JSON.stringify({ host: host(address) }), 2);
    }
    expect(state.hosts.map((one) => one.address)).toEqual(["1", "2"]);
    expect(state).toMatchObject({ dropped: 1, summary: null });
    expect(takeLine(state, "")).toBe(state);
  });
});

it("narrows down by kind and by what is in a host or its ports", () => {
  const one = host("10.0.0.1");
  expect(matches(one, { kinds: [], text: "" })).toBe(true);
  expect(matches(one, { kinds: ["vanished"], text: "" })).toBe(false);
  expect(matches(one, { kinds: ["changed"], text: "NGINX" })).toBe(true);
  expect(matches(one, { kinds: [], text: "80/t" })).toBe(true);
  expect(matches(one, { kinds: [], text: "443" })).toBe(false);
});

it("lays hosts and unfolded ports out in one list", () => {
  const hosts = [host("1", "changed", [port(1), port(2)]), host("2"), host("3", "appeared", [])];
  const rows = rowsOf(hosts, (one) => one.address !== "2");
  expect(rows.map((row) => (row.kind === "host" ? row.host.address : row.port.port))).toEqual([
    "1",
    1,
    2,
    "2",
    "3",
  ]);
  expect(rows[2]).toMatchObject({ isLast: true });
  expect(rows[4]).toMatchObject({ isOpen: false });
});

it("never calls a port closed that was not looked at", () => {
  expect(stateOf(side("not_probed"), "up")).toBe("not probed");
  expect(stateOf(side("not_probed"), "not_scanned")).toBe("host not scanned");
  expect(stateOf(side("not_probed"), "down")).toBe("host down");
  expect(stateOf(side("not_listed"), "up")).toBe("not listed");
  expect(stateOf(side("filtered"), "up")).toBe("filtered");
});

it("marks the parts of a service that differ, where the other side knows it", () => {
  const one = { state: "open", service: "ssh", product: "OpenSSH", version: "9.3" };
  const other = { ...one, version: "9.6" };
  expect(serviceParts(one, other)).toEqual([
    { text: "ssh", differs: false },
    { text: "OpenSSH", differs: false },
    { text: "9.3", differs: true },
  ]);
  expect(serviceParts(one, side("not_probed")).some((part) => part.differs)).toBe(false);
});
