// Runs the built worker on cases of the test kit (tests/kit), as a browser does. Reads one JSON object a line from
// standard input and writes the answers to its numbers, a list, one a line:
//
//   {"server": URL, "channel": NAME, "trust": TEXT OF THE ROOT, "again": false, "numbers": ["+86...", ...]}
//
// The worker stores nothing, so a second step (`again`) is asked of the worker of the line before, a minute later on its
// clock.
//
//   node run_kit.mjs PAGE        PAGE: folder of the built page

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createContext, Script } from "node:vm";

const MINUTE = 60_000;
const [page] = process.argv.slice(2);
const scripts = new Map();

function script(name) {
  if (!scripts.has(name)) scripts.set(name, new Script(readFileSync(`${page}/${name}`, "utf8")));
  return scripts.get(name);
}

class Worker {
  constructor({ server, channel, trust }) {
    this.late = 0;
    const { origin } = new URL(server);
    const context = createContext({
      fetch,
      postMessage: (message) => message.kind === "answer" && this.answered(message.answer),
      importScripts: (name) => script(name).runInContext(context),
      location: { origin, href: `${origin}/worker.js` },
      performance: { now: () => performance.now() + this.late },
      crypto: { getRandomValues: (array) => crypto.getRandomValues(array) },
      setTimeout, clearTimeout, AbortController, TextEncoder, TextDecoder, atob, btoa,
    });
    context.self = context;
    script("worker.js").runInContext(context);
    this.post = (data) => context.onmessage({ data });
    this.post({ kind: "settings", settings: { server, buckets: "", channel, root: trust } });
  }

  ask(text) {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.post({ kind: "check", id: 1, text });
    });
  }
}

let worker;
for await (const line of createInterface({ input: process.stdin })) {
  const { again, numbers, ...settings } = JSON.parse(line);
  if (again) worker.late += 2 * MINUTE;
  else worker = new Worker(settings);
  const answers = [];
  for (const number of numbers) answers.push(await worker.ask(number));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
