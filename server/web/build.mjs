// Builds the page into the server's package: the scripts, the style sheet, the static files, the licences of the
// libraries, and for each of these a file compressed with Brotli, which Python cannot make without a library.
//
//   node build.mjs [OUT]

import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { stripMessages } from "./strip_messages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

// page.js must parse even in browsers too old for the other scripts, because it shows the notice for them. The other
// scripts use ES2018 and BigInt, which Chrome has had since version 67.
const OLD_BROWSERS = { target: "es2015" };
const SUPPORTED_BROWSERS = { target: "es2018", supported: { bigint: true } };
export const SCRIPTS = [
  { entry: "src/page/page.ts", name: "page.js", language: OLD_BROWSERS },
  { entry: "src/worker/worker.ts", name: "worker.js", language: SUPPORTED_BROWSERS, stripErrorTexts: true },
  { entry: "src/words/english.ts", name: "en.js", language: OLD_BROWSERS },
  { entry: "src/hall/hall.ts", name: "hall.js", language: OLD_BROWSERS },
  { entry: "src/sound/sound.ts", name: "sound.js", language: OLD_BROWSERS },
  { entry: "src/identifier/foreign.ts", name: "foreign.js", language: SUPPORTED_BROWSERS },
  { entry: "src/offline/service_worker.ts", name: "sw.js", language: SUPPORTED_BROWSERS },
];
// Compile class fields to assignments instead of definitions, which makes the worker 350 bytes smaller. esbuild does
// that only for TypeScript, so it reads the libraries' JavaScript as TypeScript. No class may have a field with the
// name of an accessor of its base class: the assignment would throw.
const CLASS_FIELDS = {
  loader: { ".js": "ts" },
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
};
const LIBRARIES = ["@noble/ciphers", "@noble/curves", "@noble/hashes", "libphonenumber-js"];

/**
 * Bundle and minify one script.
 *
 * @param script an element of SCRIPTS
 * @param format esbuild's output format
 * @returns the text of the script
 */
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
    // No property access has a side effect, neither here nor in the libraries. Unused parameters may go: only the check
    // of an output buffer in @noble/ciphers reads the length of a function, and no buffer is given here.
    compress: { passes: 3, pure_getters: true, keep_fargs: false },
    mangle: true,
    module: format === "esm",
    format: { comments: false },
  });
  return `${code}\n`;
}

/** Bundle `src/style` into one style sheet. Removes white space and comments only. */
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

/** The licences of all libraries in one text. */
export async function licences() {
  const texts = LIBRARIES.map(async (name) => {
    const licence = await readFile(`${here}node_modules/${name}/LICENSE`, "utf8");
    return `${name}\n\n${licence}`;
  });
  return (await Promise.all(texts)).join("\n\n");
}

/** Build the page into the folder `out`, whose previous content is deleted. */
export async function buildPage(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await cp(`${here}static`, out, { recursive: true });
  for (const script of SCRIPTS) await writeFile(`${out}/${script.name}`, await buildScript(script));
  await writeFile(`${out}/page.css`, await buildStyle());
  await writeFile(`${out}/licences.txt`, await licences());
  for (const name of await readdir(out)) await writeFile(`${out}/${name}.br`, brotli(await readFile(`${out}/${name}`)));
}

const brotli = (data) =>
  brotliCompressSync(data, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
    },
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(process.argv[2] ?? fileURLToPath(new URL("../pilookup_server/page", import.meta.url)));
}
