// Runs the built worker, as a browser does, against a real server. Reads one JSON string a line from standard input and
// writes one answer a line, as JSON.
//
//   node run_worker.mjs PAGE ORIGIN ROOT        PAGE: folder of the built page, ROOT: file with the pinned root

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createContext, runInContext } from "node:vm";

const [page, origin, root] = process.argv.slice(2);
const script = (name) => readFileSync(`${page}/${name}`, "utf8");
const waiting = new Map();

const context = createContext({
  fetch,
  postMessage: (message) => message.kind === "answer" && waiting.get(message.id)(message),
  importScripts: (name) => runInContext(script(name), context),
  location: { origin, href: `${origin}/worker.js` },
  performance: { now: () => performance.now() },
  crypto: { getRandomValues: (array) => crypto.getRandomValues(array) },
  setTimeout, clearTimeout, AbortController, TextEncoder, TextDecoder, atob, btoa,
});
context.self = context;
runInContext(script("worker.js"), context);

const settings = { server: "", buckets: "", channel: "public", root: readFileSync(root, "utf8") };
context.onmessage({ data: { kind: "settings", settings } });

let id = 0;
for await (const line of createInterface({ input: process.stdin })) {
  id += 1;
  const answered = new Promise((resolve) => waiting.set(id, resolve));
  context.onmessage({ data: { kind: "check", id, text: JSON.parse(line) } });
  const { answer, last4, sent } = await answered;
  const hex = (body) => body && Buffer.from(body).toString("hex");
  const requests = sent.map(({ what, url, body, status }) => ({ what, url, status, body: hex(body) }));
  process.stdout.write(`${JSON.stringify({ answer, last4, sent: requests })}\n`);
}
