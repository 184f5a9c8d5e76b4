import { expect, it } from "vitest";
import { safeNext } from "./query";

const home = "http://127.0.0.1:8000/";

it.each([
  [null, home],
  ["", home],
  ["/scans/12?port=80", `${home}scans/12?port=80`],
  ["/hosts#a", `${home}hosts#a`],
  ["//evil.example/", home],
  ["/\t/evil.example/", home],
  ["/\\evil.example/", home],
  ["\\\\evil.example", home],
  ["https://evil.example/", home],
  ["javascript:alert(1)", home],
  ["evil", home],
  ["//[", home],
  ["/login?next=/login", home],
  // It stays here, whatever the path looks like.
  ["/.//evil.example", `${home}/evil.example`],
])("a login with next %j leads to %s", (next, to) => {
  expect(safeNext(next, "http://127.0.0.1:8000")).toBe(to);
});
