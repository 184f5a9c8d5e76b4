// Writes what the UI was built from into dist/.source-hash, so that a test in Rust can tell, without
// node, that dist/ was built from the source beside it (http/src/assets/tests.rs has the same rule).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDERS = ["src/", "public/"];
const FILES = ["index.html", "package.json", "package-lock.json"];

/** Whether a path below http/ui/ is one that the UI is built from. */
export function isSource(path) {
  const isConfig = path.endsWith(".config.ts") || (path.startsWith("tsconfig") && path.endsWith(".json"));
  return (
    FOLDERS.some((folder) => path.startsWith(folder)) ||
    FILES.includes(path) ||
    (!path.includes("/") && isConfig)
  );
}

function sources(ui, under, found) {
  for (const entry of readdirSync(join(ui, under), { withFileTypes: true })) {
    const path = under + entry.name;
    if (entry.isDirectory()) {
      if (under !== "" || FOLDERS.includes(`${path}/`)) sources(ui, `${path}/`, found);
    } else if (isSource(path)) {
      found.push(path);
    }
  }
  return found;
}

/** SHA-256 over the sources in the order of their paths' bytes: path, 0, length, 0, bytes. */
export function sourceHash(ui) {
  const hash = createHash("sha256");
  const paths = sources(ui, "", []).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const path of paths) {
    const bytes = readFileSync(join(ui, path));
    hash.update(`${path}\0${bytes.length}\0`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ui = dirname(dirname(fileURLToPath(import.meta.url)));
  const out = process.env.UI_OUT_DIR ?? join(ui, "dist");
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, ".source-hash"), `${sourceHash(ui)}\n`);
}
