import { expect, it } from "vitest";
import { type Past, steps } from "./history";

const past = (id: number, verdict: Past["verdict"], open_ports: string[] = []): Past =>
  ({ id, verdict, open_ports }) as Past;

it("tells ports apart that came and went, in order", () => {
  const [newest, oldest] = steps([
    past(2, "up", ["443/tcp", "80/tcp", "53/udp"]),
    past(1, "up", ["80/tcp", "22/tcp"]),
  ]);
  expect(newest).toMatchObject({ was: null, opened: ["443/tcp", "53/udp"], gone: ["22/tcp"] });
  expect(oldest).toMatchObject({ base: null, was: null, opened: [], gone: [] });
});

it("never calls a port gone because the host was not scanned whole", () => {
  const all = steps([past(3, "unfinished", []), past(2, "up", ["22/tcp"]), past(1, "down")]);
  expect(all[0]).toMatchObject({ was: "up", gone: [] });
  expect(all[1]).toMatchObject({ was: "down", opened: [] });
});

it("compares with the last scan that found the host up, over those that did not finish it", () => {
  const [newest] = steps([
    past(3, "up", ["22/tcp", "80/tcp"]),
    past(2, "unfinished", []),
    past(1, "up", ["22/tcp"]),
  ]);
  expect(newest).toMatchObject({
    base: { id: 1 },
    was: "unfinished",
    opened: ["80/tcp"],
    gone: [],
  });
});
