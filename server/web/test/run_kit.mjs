// Runs the built worker on cases of the test kit (tests/kit), as a browser does. Reads one JSON object a line from
// standard input and writes the answers to its numbers, a list, one a line:
//
//   {"server": URL, "channel": NAME, "trust": TEXT OF THE ROOT, "again": false, "numbers": ["+86...", ...]}
//
// The worker stores nothing, so a second step (`again`) is asked with the settings of the line before, two minutes later on
// its clock.
//
//   node run_kit.mjs PAGE        PAGE: folder of the built page

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createContext, runInContext } from "node:vm";

const MINUTE = 60_000;
const [page] = process.argv.slice(2);
const script = (name) => readFileSync(`${page}/${name}`, "utf8");
let late = 0;
let answered;

// One worker for all cases: each settings message makes it forget the release that it has verified.
const context = createContext({
  fetch,
  postMessage: (message) => message.kind === "answer" && answered(message.answer),
  importScripts: (name) => runInContext(script(name), context),
  location: { origin: "http://127.0.0.1", href: "http://127.0.0.1/worker.js" },
  performance: { now: () => performance.now() + late },
  crypto: { getRandomValues: (array) => crypto.getRandomValues(array) },
  setTimeout, clearTimeout, AbortController, TextEncoder, TextDecoder, atob, btoa,
});
context.self = context;
runInContext(script("worker.js"), context);

const post = (data) => context.onmessage({ data });

function ask(text) {
  return new Promise((resolve) => {
    answered = resolve;
    post({ kind: "check", id: 1, text });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { server, channel, trust, again, numbers } = JSON.parse(line);
  if (again) late += 2 * MINUTE;
  else post({ kind: "settings", settings: { server, buckets: "", channel, root: trust } });
  const answers = [];
  for (const number of numbers) answers.push(await ask(number));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
