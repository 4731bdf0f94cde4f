// Signup with Node: a code by SMS first, then the check. The client is that of the page, as a package:
//
//   (cd ../../../server/web && npm ci && node build_package.mjs)     builds build/pilookup-client
//   npm install && npm start
//
// Settings: CHECK_URL, CHECK_TRUST, CHECK_TOKEN, CHECK_SANDBOX=1 for a sandbox, SMS_GATEWAY_URL, PORT.

import { randomInt, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { canonicalNumber, PilookupClient } from "pilookup-client";

const LIFETIME = 300_000;
const ATTEMPTS = 5;
const MAX_BODY = 1000;

/** Codes that were sent, in memory, for one process. Keep them in the store that your servers share. */
export class Codes {
  #sent = new Map();

  issue(identifier) {
    const digits = String(randomInt(1_000_000)).padStart(6, "0");
    this.#sent.set(identifier, { digits, until: performance.now() + LIFETIME, attempts: ATTEMPTS });
    return digits;
  }

  prove(identifier, digits) {
    const code = this.#sent.get(identifier);
    if (!code || code.attempts === 0 || performance.now() > code.until) return false;
    code.attempts -= 1;
    if (!/^[0-9]{6}$/.test(digits) || !timingSafeEqual(Buffer.from(code.digits), Buffer.from(digits))) return false;
    return this.#sent.delete(identifier);
  }
}

/**
 * What to do with a new account: the defaults of pilookup.decisions at signup. `exposed` alone never restricts, since the
 * number is a victim's; an unknown answer lets the user in, and the account is checked again later.
 */
export function decide(answer) {
  if (answer.reason === "invalid_number") return { next: "enter-number-again", recheck: false };
  if (answer.status === "unknown") return { next: "welcome", recheck: true };
  return { next: answer.status === "found" && answer.malicious ? "wait-for-review" : "welcome", recheck: false };
}

/**
 * Make the server.
 *
 * @param client checks numbers: a PilookupClient
 * @param sendCode sends a code (the second argument) to a number (the first)
 * @param opened is called with each new account: `{ account, number, next, recheck }`
 */
export function createSignup({ client, sendCode, opened, codes = new Codes() }) {
  const routes = {
    // The number is not checked yet, so the answer is the same for every number.
    async "/signup/code"({ number }) {
      const identifier = canonicalNumber(number);
      if (identifier === null) return [422, { error: "not-a-number" }];
      await sendCode(number, codes.issue(identifier));
      return [202, { next: "enter-code" }];
    },
    async "/signup"({ number, code }) {
      if (!codes.prove(canonicalNumber(number), code)) return [403, { error: "wrong-code" }];
      const decision = decide(await client.check(number));
      const account = `u-${randomUUID()}`;
      await opened({ account, number, ...decision });
      return [200, { account, next: decision.next }];
    },
  };
  return createServer(async (request, response) => {
    const route = request.method === "POST" ? routes[request.url] : undefined;
    const [status, body] = route ? await run(route, request) : [404, { error: "not-found" }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}

async function run(route, request) {
  let form;
  try {
    form = JSON.parse(await read(request));
    if (typeof form.number !== "string" || !["string", "undefined"].includes(typeof form.code)) throw new Error("form");
  } catch {
    return [400, { error: "bad-request" }];
  }
  try {
    return await route(form);
  } catch (error) {
    console.error(error.name); // not the message: an SMS gateway's may hold the number
    return [500, { error: "try-again" }];
  }
}

async function read(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Error("too long");
  }
  return text;
}

/** The client that the environment describes. */
export function clientFromEnvironment({ CHECK_URL, CHECK_TRUST, CHECK_TOKEN, CHECK_SANDBOX }) {
  return new PilookupClient({
    url: CHECK_URL,
    trust: readFileSync(CHECK_TRUST),
    token: CHECK_TOKEN,
    timeout: 800,
    sandbox: CHECK_SANDBOX === "1",
  });
}

async function postCode(number, code) {
  const body = JSON.stringify({ number, code });
  const headers = { "content-type": "application/json" };
  const reply = await fetch(process.env.SMS_GATEWAY_URL, { method: "POST", body, headers });
  if (!reply.ok) throw new Error(`the SMS gateway answered with status ${reply.status}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const opened = ({ account, next, recheck }) => console.log(JSON.stringify({ account, next, recheck }));
  const server = createSignup({ client: clientFromEnvironment(process.env), sendCode: postCode, opened });
  server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => console.log(`port ${server.address().port}`));
}
