// Builds the page into the server's package: the page's script, the worker and what it loads for foreign numbers, the
// service worker, what is static, and the licences of the parts.
//
//   node build.mjs [OUT]

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

// The page's script must parse in browsers far too old to run the rest: it is what tells their owners so. The others
// are ES2018 and BigInt, which Chrome has from 67 on.
const OLD = { target: "es2015" };
const MODERN = { target: "es2018", supported: { bigint: true } };
const SCRIPTS = [
  { entry: "src/page/page.ts", name: "page.js", language: OLD },
  { entry: "src/worker/worker.ts", name: "worker.js", language: MODERN },
  { entry: "src/identifier/foreign.ts", name: "foreign.js", language: MODERN },
  { entry: "src/offline/sw.ts", name: "sw.js", language: MODERN },
];
const PARTS = ["@noble/ciphers", "@noble/curves", "@noble/hashes", "libphonenumber-js"];

export async function buildScript({ entry, language }, options) {
  return build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    ...language,
    ...options,
  });
}

async function licences() {
  const texts = PARTS.map(async (name) => `${name}\n\n${await readFile(`${here}node_modules/${name}/LICENSE`, "utf8")}`);
  return (await Promise.all(texts)).join("\n\n");
}

export async function buildPage(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await cp(`${here}static`, out, { recursive: true });
  for (const script of SCRIPTS) await buildScript(script, { outfile: `${out}/${script.name}` });
  await writeFile(`${out}/licences.txt`, await licences());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(process.argv[2] ?? fileURLToPath(new URL("../pilookup_server/page", import.meta.url)));
}
