// Canonicalises texts. Reads one JSON string a line from standard input and writes one identifier or reason a line.

import { createInterface } from "node:readline";
import { loadForeign, modules } from "./built_modules.mjs";

const foreign = await loadForeign();
const outcomes = [];
for await (const line of createInterface({ input: process.stdin })) {
  const found = modules.identifier.canonicalise(JSON.parse(line), "CN", () => foreign);
  outcomes.push(found.text ?? found.reason);
}
process.stdout.write(`${outcomes.join("\n")}\n`);
