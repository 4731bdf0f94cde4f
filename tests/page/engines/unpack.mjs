// Unpacks the browsers of these packages, which have them compressed with brotli, into node_modules/.browsers:
// `chromium-66/chromium` and so on, with the libraries that Chromium looks for beside it. Writes `.unpacked` at the end.

import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

const modules = fileURLToPath(new URL("node_modules/", import.meta.url));
const browsers = `${modules}.browsers`;
const decompress = promisify(brotliDecompress);

async function unpack(name) {
  const [from, to] = [`${modules}${name}/bin`, `${browsers}/${name}`];
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    // `aws.tar.br` has libraries of Amazon's Linux, in place of which Debian's serve.
    if (!file.endsWith(".br") || file.startsWith("aws")) continue;
    const bytes = await decompress(await readFile(`${from}/${file}`));
    if (file.endsWith(".tar.br")) execFileSync("tar", ["-x", "-C", to], { input: bytes });
    else await writeFile(`${to}/chromium`, bytes, { mode: 0o755 });
  }
}

const { devDependencies } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));
await rm(browsers, { recursive: true, force: true });
await Promise.all(Object.keys(devDependencies).map(unpack));
await writeFile(`${browsers}/.unpacked`, "");
