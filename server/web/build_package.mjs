// Builds the client of the page as a package for Node: `pilookup-client`, with its types and the licences of the libraries.
//
//   node build_package.mjs [OUT]        OUT: by default build/pilookup-client at the top of the repository

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { licences } from "./build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? fileURLToPath(new URL("../../build/pilookup-client", import.meta.url));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["src/package/client.ts"],
  outfile: `${out}/client.js`,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  // foreign.ts puts the reader for foreign numbers there, because the page loads it as a script of its own.
  define: { self: "globalThis" },
});
await cp(`${here}src/package/public.d.ts`, `${out}/client.d.ts`);
const [, version] = /^version = "(.*)"$/m.exec(await readFile(`${here}../pyproject.toml`, "utf8"));
const description = {
  name: "pilookup-client",
  version,
  description: "Check whether a phone number is in a seized list, without revealing the list or the number",
  license: "Apache-2.0",
  type: "module",
  engines: { node: ">=20" },
  exports: { ".": { types: "./client.d.ts", default: "./client.js" } },
};
await writeFile(`${out}/package.json`, `${JSON.stringify(description, null, 2)}\n`);
await writeFile(`${out}/licences.txt`, await licences());
