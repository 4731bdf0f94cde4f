// Runs the second client on cases of the test kit (tests/kit). Reads one JSON object a line from standard input and
// writes one a line:
//
//   {"server": URL, "channel": NAME, "trust": TEXT OF THE ROOT, "seen": {}, "numbers": ["+86...", ...]}
//   {"answers": [...], "seen": {}}
//
// `seen` is what the client keeps between runs.

import { createInterface } from "node:readline";
import { checkLines, Server } from "./client.mjs";
import { utf8 } from "./protocol.mjs";

// An error that the client throws becomes an answer, which is never right, so that the next cases still run.
async function answersOf(server, channel, trust, numbers, seen) {
  try {
    return await checkLines(server, channel, trust, numbers, seen);
  } catch (error) {
    return numbers.map(() => ({ status: "crashed", error: String(error) }));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { server, channel, trust, seen, numbers } = JSON.parse(line);
  const answers = await answersOf(new Server(server, channel), channel, utf8(trust), numbers, seen);
  process.stdout.write(`${JSON.stringify({ answers, seen })}\n`);
}
