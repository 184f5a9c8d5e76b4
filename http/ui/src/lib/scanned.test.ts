import { expect, it } from "vitest";
import { dedent, visibleLines, webUrl } from "./scanned";

it("keeps lines, and shows what is hidden in them", () => {
  expect(visibleLines("one\r\n\ttwo\u0000")).toBe("one\n    two␀");
});

it("makes links of web addresses only", () => {
  expect(webUrl("https://example.test/a?b")).toBe("https://example.test/a?b");
  for (const bad of ["javascript:alert(1)", "//x", "data:,x", "https://u:p@x/", "http://a b"])
    expect(webUrl(bad)).toBeNull();
});

it("takes the common indent away, and nothing else", () => {
  expect(dedent("\n    a\n      b\n\n    c\n")).toBe("a\n  b\n\nc");
  expect(dedent("a\n  b")).toBe("a\n  b");
  expect(dedent("")).toBe("");
});
