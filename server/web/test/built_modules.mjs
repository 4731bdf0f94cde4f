// The page's modules, bundled and minified in the same way as the worker, for the tests.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { buildScript } from "../build.mjs";

const MODULES = {
  entry: "test/modules.ts",
  language: { target: "es2018", supported: { bigint: true } },
  stripErrorTexts: true,
};

export const modules = await load(await buildScript(MODULES, "esm"));

async function load(code) {
  const folder = mkdtempSync(join(tmpdir(), "pilookup-page-"));
  try {
    writeFileSync(join(folder, "modules.mjs"), code);
    return await import(join(folder, "modules.mjs"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Build and run the script foreign.js. Returns its reader for foreign numbers. */
export async function loadForeign() {
  const context = { self: {} };
  const script = { ...MODULES, entry: "src/identifier/foreign.ts", stripErrorTexts: false };
  runInNewContext(await buildScript(script), context);
  return context.self.pilookupForeign;
}

/** The content of a file in tests/vectors. */
export const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
