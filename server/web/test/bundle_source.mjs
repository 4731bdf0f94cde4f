// Bundles TypeScript of the page into a module that Node can import.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = fileURLToPath(new URL("..", import.meta.url));

/** The exports of `source`, which is TypeScript with imports relative to `src/`. */
export async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: `${web}src`, loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "warning",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
