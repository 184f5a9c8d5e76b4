import { describe, expect, it } from "vitest";
import type { Host, HostPort } from "@/api/client";
import {
  byImportance,
  facetsOf,
  orderFound,
  readSort,
  serviceLine,
  services,
  sorted,
  writeSort,
} from "./hosts";

function port(number: number, state = "open", product: string | null = null): HostPort {
  return {
    id: number,
    port: number,
    port_number: number,
    protocol: "tcp",
    state,
    reason: "syn-ack",
    scripts: [],
    service_name: number === 80 ? "http" : "other",
    service_product: product,
  };
}

function host(address: string, ports: HostPort[] = [], more: Partial<Host> = {}): Host {
  return {
    id: 1,
    scan_id: 1,
    address,
    status: "up",
    verdict: "up",
    ports,
    provisional_ports: [],
    batch_id: 1,
    attempt: 1,
    reason: "echo-reply",
    hostnames: [],
    os: [],
    traceroute: [],
    scripts: [],
    extra_ports: [],
    ...more,
  };
}

describe("ports", () => {
  it("come open first, then doubtful ones, closed last", () => {
    const ports = [
      port(9, "closed"),
      port(443),
      port(53, "open|filtered"),
      port(80),
      port(1, "filtered"),
    ];
    expect(byImportance(ports).map((one) => one.port)).toEqual([80, 443, 53, 1, 9]);
  });

  it("say what runs on them, without blanks for what is not known", () => {
    const service = { name: "ssh", method: "probed", confidence: 10, cpe: [] };
    expect(
      serviceLine({
        ...port(22),
        service: { ...service, product: "OpenSSH", version: " ", extra_info: "2.0" },
      }),
    ).toBe("OpenSSH (2.0)");
    expect(serviceLine(port(22))).toBe("");
    expect(
      services(host("::1", [port(81, "open", "nginx"), port(80), port(82, "closed", "x")])),
    ).toEqual(["http", "nginx"]);
  });
});

describe("sorting", () => {
  const by = (hosts: Host[], sort: string) =>
    sorted(hosts, readSort(sort)).map((one) => one.address);

  it("takes addresses as numbers, and leaves the server's order alone", () => {
    const hosts = [host("10.0.0.10"), host("10.0.0.9", [port(80)])];
    expect(by(hosts, "address")).toEqual(["10.0.0.9", "10.0.0.10"]);
    expect(by(hosts, "-ports")).toEqual(["10.0.0.9", "10.0.0.10"]);
    expect(by(hosts, "found")).toEqual(["10.0.0.10", "10.0.0.9"]);
  });

  it("puts hosts without a name last, both ways", () => {
    const hosts = [
      host("10.0.0.1"),
      host("10.0.0.2", [], { hostname: "zz" }),
      host("10.0.0.3", [], { hostname: "aa" }),
    ];
    expect(by(hosts, "name")).toEqual(["10.0.0.3", "10.0.0.2", "10.0.0.1"]);
    expect(by(hosts, "-name")).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
  });

  it("is written as it is read", () => {
    for (const text of ["address", "-finished"]) {
      const sort = readSort(text);
      expect(sort && writeSort(sort)).toBe(text);
    }
    expect(readSort("--address")).toBeUndefined();
  });
});

it("counts a host once for a service, and open ports only", () => {
  const hosts = [
    host("10.0.0.1", [port(80, "open", "nginx"), port(81, "open", "nginx"), port(9, "closed")]),
    host("10.0.0.2", [port(80)], { verdict: "timed_out" }),
  ];
  const facets = facetsOf(hosts, false);
  expect(facets.ports).toEqual([
    { protocol: "tcp", port: 80, service: "http", count: 2 },
    { protocol: "tcp", port: 81, service: "other", count: 1 },
  ]);
  expect(facets.products).toEqual([{ value: "nginx", count: 1 }]);
  expect(facets.services).toEqual([
    { value: "http", count: 2 },
    { value: "other", count: 1 },
  ]);
  expect(facets.verdicts.map((one) => one.value)).toEqual(["timed_out", "up"]);
  expect(facets.complete).toBe(false);
});

it("says in which order hosts of all scans came", () => {
  const row = (scan_id: number, id: number) => ({ scan_id, id });
  expect(orderFound([row(3, 7), row(3, 8), row(1, 2)])).toContain("newest scan first");
  expect(orderFound([])).toContain("newest scan first");
  expect(orderFound([row(1, 2), row(3, 7)])).toBe("in the order of addresses");
  expect(orderFound([row(3, 8), row(3, 7)])).toBe("in the order of addresses");
});
