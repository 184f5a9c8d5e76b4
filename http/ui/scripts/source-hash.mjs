// Writes dist/.source-hash: what the built files were made from. A test of the http crate computes
// the same, so that nobody forgets to build.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = (await readdir(root, { withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => entry.name)
  .filter((name) =>
    /^(index\.html|package(-lock)?\.json|tsconfig.*\.json|.*\.config\.ts)$/.test(name),
  );
for (const folder of ["src", "public"]) {
  for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files.push(relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
  }
}
files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
const hash = createHash("sha256");
for (const file of files) {
  const bytes = await readFile(join(root, file));
  hash.update(`${file}\0${bytes.length}\0`);
  hash.update(bytes);
}
await writeFile(
  join(process.env.UI_OUT_DIR ?? join(root, "dist"), ".source-hash"),
  `${hash.digest("hex")}\n`,
);
