// Writes src/api/schema.d.ts from the server's OpenAPI document; with --check, says whether it is true.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../../../schemas/documents/openapi.json", import.meta.url);
const types = new URL("../src/api/schema.d.ts", import.meta.url);

const text = `// Made by \`npm run types\` from schemas/documents/openapi.json. Not for editing.\n${astToString(
  await openapiTS(document, { alphabetize: false }),
)}`;
if (process.argv.includes("--check")) {
  const now = await readFile(types, "utf8").catch(() => "");
  if (now !== text) {
    console.error("src/api/schema.d.ts is not what the OpenAPI document says: run `npm run types`");
    process.exit(1);
  }
} else {
  await writeFile(types, text);
}
