import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isSource, sourceHash } from "../scripts/source-hash.mjs";

test("what the UI is built from is told from the rest", () => {
  for (const path of ["src/a/b.ts", "public/x.svg", "index.html", "vite.config.ts", "tsconfig.app.json"]) {
    assert.ok(isSource(path), path);
  }
  for (const path of ["dist/index.html", "e2e/x.config.ts", "node_modules/x/package.json", "README.md"]) {
    assert.ok(!isSource(path), path);
  }
});

test("a changed, moved or cut file changes the hash, another file does not", () => {
  const ui = mkdtempSync(join(tmpdir(), "ui-"));
  try {
    mkdirSync(join(ui, "src"));
    const write = (path, text) => writeFileSync(join(ui, path), text);
    write("src/a.ts", "ab");
    write("src/b.ts", "c");
    const first = sourceHash(ui);
    write("README.md", "x");
    assert.equal(sourceHash(ui), first);
    write("src/a.ts", "a");
    write("src/b.ts", "bc");
    const second = sourceHash(ui);
    assert.notEqual(second, first);
    rmSync(join(ui, "src/b.ts"));
    assert.notEqual(sourceHash(ui), second);
  } finally {
    rmSync(ui, { recursive: true });
  }
});
