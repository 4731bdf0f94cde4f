// Builds the page into the server's package: the page's script, the worker and what it loads for foreign numbers, the
// service worker, the style sheet, what is static, and the licences of the parts.
//
//   node build.mjs [OUT]

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { stripMessages } from "./strip_messages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

// The page's script must parse in browsers far too old to run the rest: it is what tells their owners so. The others
// are ES2018 and BigInt, which Chrome has from 67 on.
const OLD_BROWSERS = { target: "es2015" };
const SUPPORTED_BROWSERS = { target: "es2018", supported: { bigint: true } };
export const SCRIPTS = [
  { entry: "src/page/page.ts", name: "page.js", language: OLD_BROWSERS },
  { entry: "src/worker/worker.ts", name: "worker.js", language: SUPPORTED_BROWSERS, stripErrorTexts: true },
  { entry: "src/identifier/foreign.ts", name: "foreign.js", language: SUPPORTED_BROWSERS },
  { entry: "src/offline/service_worker.ts", name: "sw.js", language: SUPPORTED_BROWSERS },
];
// Class fields are assigned, not defined: 350 bytes less of the worker. esbuild does so for TypeScript alone, so the
// libraries' JavaScript is read as such. No class has a field where one it extends has an accessor: that would throw.
const CLASS_FIELDS = {
  loader: { ".js": "ts" },
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
};
const LIBRARIES = ["@noble/ciphers", "@noble/curves", "@noble/hashes", "libphonenumber-js"];

/** A script's text, bundled and small. */
export async function buildScript({ entry, language, stripErrorTexts }, format = "iife") {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [entry],
    write: false,
    bundle: true,
    format,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    ...CLASS_FIELDS,
    ...language,
  });
  const bundled = outputFiles[0].text;
  const { code } = await minify(stripErrorTexts ? stripMessages(bundled) : bundled, {
    ecma: Number(language.target.slice(2)),
    // To read a property does nothing else, here as in the libraries.
    compress: { passes: 3, pure_getters: true },
    mangle: true,
    module: format === "esm",
    format: { comments: false },
  });
  return `${code}\n`;
}

/** The style sheet, one file out of `src/style`. Nothing but white space and comments goes. */
async function buildStyle() {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["src/style/page.css"],
    write: false,
    bundle: true,
    minifyWhitespace: true,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0].text;
}

async function licences() {
  const texts = LIBRARIES.map(async (name) => `${name}\n\n${await readFile(`${here}node_modules/${name}/LICENSE`, "utf8")}`);
  return (await Promise.all(texts)).join("\n\n");
}

export async function buildPage(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await cp(`${here}static`, out, { recursive: true });
  for (const script of SCRIPTS) await writeFile(`${out}/${script.name}`, await buildScript(script));
  await writeFile(`${out}/page.css`, await buildStyle());
  await writeFile(`${out}/licences.txt`, await licences());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(process.argv[2] ?? fileURLToPath(new URL("../pilookup_server/page", import.meta.url)));
}
