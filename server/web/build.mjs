// Builds the page into the server's package: three classic scripts, the service worker, and what is static.
//
//   node build.mjs [OUT]

import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? fileURLToPath(new URL("../pilookup_server/page", import.meta.url));

// The page's script must parse in browsers far too old to run the rest: it is what tells their owners so.
const SCRIPTS = [
  { entry: "src/page/page.ts", name: "page.js", target: "es2015" },
  { entry: "src/worker/worker.ts", name: "worker.js", target: "chrome67" },
  { entry: "src/identifier/foreign.ts", name: "foreign.js", target: "chrome67" },
  { entry: "src/offline/sw.ts", name: "sw.js", target: "chrome67" },
];

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await cp(`${here}static`, out, { recursive: true });
for (const { entry, name, target } of SCRIPTS) {
  await build({
    absWorkingDir: here,
    entryPoints: [entry],
    outfile: `${out}/${name}`,
    bundle: true,
    format: "iife",
    target,
    minify: true,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
}
