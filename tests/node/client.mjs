// A second client, written only from SPEC.md. It checks canonical identifiers or E.164 numbers with a running server.
//
//   node client.mjs --server URL --channel public --trust trust-public.json [--state FILE] < numbers
//
// Standard input has one number a line (`+8613800138000` or `tel:+8613800138000`). Standard output gets one JSON object
// a line, with the members of `pilookup check --json`, in the order of the numbers. PILOOKUP_TOKEN is the bearer token
// of a closed channel. The exit code is 0 if every number was answered, 1 if one is unknown, and 2 for wrong options.
// The file of `--state` keeps the versions that were last trusted, so that a rollback between runs is detected.

import { readFileSync, writeFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { answerFromOctets } from "./messages.mjs";
import * as protocol from "./protocol.mjs";
import { manifest as trustedManifest } from "./trust.mjs";

const { Failure } = protocol;
const BATCH = 999; // and the canary, which makes 1,000
const MAX_BYTES = 64 * 2 ** 20;
const STATUS = { 401: "unauthorized", 403: "unauthorized", 410: "retired", 429: "rate_limited" };

class Server {
  constructor(url, channel, bearer) {
    this.base = `${url.replace(/\/+$/, "")}/v1/channels/${channel}/`;
    this.headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
  }

  // `tooLong` is the reason of a body that is longer than any right one.
  async send(path, options = {}, tooLong = "bad_response") {
    const headers = { ...this.headers, "accept-encoding": "identity", ...options.headers };
    const signal = AbortSignal.timeout(30_000);
    let response;
    let body;
    try {
      response = await fetch(this.base + path, { ...options, headers, signal, redirect: "manual" });
      body = new Uint8Array(await response.arrayBuffer());
    } catch {
      throw new Failure("unreachable");
    }
    if (response.status === 200 && body.length > MAX_BYTES) throw new Failure(tooLong);
    if (response.status === 200) return body;
    const failure = new Failure(STATUS[response.status] ?? (response.status >= 500 ? "server_error" : "bad_response"));
    const wait = /^[0-9]{1,6}$/.exec(response.headers.get("retry-after") ?? "");
    throw Object.assign(failure, { status: response.status, wait: wait ? Number(wait[0]) : null });
  }

  // Metadata or a target; null if the server has none.
  get = async (path, tooLong) => {
    try {
      return await this.send(path, {}, tooLong);
    } catch (failure) {
      if (failure.status === 404) return null;
      throw failure;
    }
  };

  evaluate(epoch, body) {
    const headers = { "content-type": "application/octet-stream" };
    return this.send(`evaluate?epoch=${epoch}`, { method: "POST", headers, body });
  }
}

// Returns the tokens of identifiers, verified to be under the manifest's key (SPEC.md section 11, steps 4 to 8).
async function tokens(server, manifest, identifiers) {
  const inputs = identifiers.map((one) => ({ input: protocol.utf8(one), ...protocol.blind(one) }));
  const blinded = inputs.map((one) => one.blinded);
  const answer = await server.evaluate(manifest.epoch, protocol.concat(...blinded));
  const { elements: evaluated, proof } = answerFromOctets(answer, blinded.length);
  protocol.verify(manifest.publicKey, inputs, blinded, evaluated, proof);
  const elements = inputs.map((one, i) => protocol.unblind(one.blind, evaluated[i]));
  return elements.map((element) => protocol.token(element, manifest.channel, manifest.epoch));
}

// Returns a map from bucket index to the verified slots, or to a Failure (steps 9 and 10).
async function buckets(server, manifest, indices) {
  const geometry = { bits: manifest.bucket_bits, slots: manifest.slots };
  const found = new Map();
  for (const index of new Set(indices)) {
    try {
      const body = await server.send(`snapshots/${manifest.serial}/buckets/${index}`, {}, "bad_bucket");
      found.set(index, protocol.checkBody(body, index, geometry, manifest.rootHash));
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === "retired") throw failure;
      found.set(index, failure);
    }
  }
  return found;
}

async function checkBatch(server, manifest, identifiers) {
  const canary = manifest.canaries[Math.floor(Math.random() * manifest.canaries.length)];
  const secrets = await tokens(server, manifest, [...identifiers, canary]);
  const indices = secrets.map((secret) => protocol.bucketIndex(secret, manifest.bucket_bits));
  const slots = await buckets(server, manifest, indices);
  const labels = secrets.map((secret, i) => label(secret, slots.get(indices[i]), manifest));
  const proof = labels.pop();
  if (proof instanceof Failure) throw proof;
  if (!proof?.canary) throw new Failure("bad_snapshot", "canary");
  return labels.map((one) => result(one, manifest));
}

function label(secret, slots, manifest) {
  if (slots instanceof Failure) return slots;
  try {
    return protocol.find(secret, slots, manifest.channel, manifest.epoch);
  } catch (failure) {
    if (failure instanceof Failure) return failure;
    throw failure;
  }
}

const ANSWER = {
  status: "unknown",
  exposed: null,
  malicious: null,
  accounts: null,
  last_seen: null,
  cases: [],
  more: false,
  reason: null,
  retry_after: null,
  detail: null,
};
const unknown = ({ reason, wait = null }) => ({ ...ANSWER, reason, retry_after: wait });

// Turns what was found into a result (steps 12 to 14).
function result(found, manifest) {
  if (found === null) return { ...ANSWER, status: "not_found" };
  const known = new Map(manifest.datasets.map((one) => [one.id, one]));
  if (found instanceof Failure) return unknown(found);
  if (found.canary || found.cases.some((id) => !known.has(id))) {
    return unknown({ reason: "bad_snapshot" });
  }
  return {
    ...ANSWER,
    status: "found",
    exposed: found.exposed,
    malicious: found.malicious,
    accounts: found.accounts,
    last_seen: month(found.month, manifest.profile),
    cases: found.cases.map((id) => {
      const { kind, title, seized_on } = known.get(id);
      return { id, kind, title, seized_on };
    }),
    more: found.more,
  };
}

function month(value, profile) {
  if (value === 0) return null;
  const [year, index] = [2000 + Math.floor((value - 1) / 12), (value - 1) % 12];
  return profile === "exact" ? `${year}-${String(index + 1).padStart(2, "0")}` : `${year}-Q${Math.floor(index / 3) + 1}`;
}

// Returns the results in the order of the identifiers. `seen` has the versions that were last trusted, and is updated.
export async function check(server, channel, pinned, identifiers, seen = {}) {
  const answers = [];
  for (let at = 0; at < identifiers.length; at += BATCH) {
    const batch = identifiers.slice(at, at + BATCH);
    answers.push(...(await withNews(server, channel, pinned, batch, seen)));
  }
  return answers;
}

// Starts again once, with fresh blinds, if the release has changed in the meantime (SPEC.md section 8.4).
async function withNews(server, channel, pinned, batch, seen) {
  const attempt = async () => {
    const manifest = await trustedManifest(server.get, pinned, channel, seen);
    return checkBatch(server, manifest, batch).catch(asRetired);
  };
  try {
    return (await attempt()) ?? (await attempt()) ?? batch.map(() => unknown({ reason: "retired" }));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return batch.map(() => unknown(failure));
  }
}

// Null for a serial or epoch that is not served any more.
function asRetired(failure) {
  if (failure instanceof Failure && failure.reason === "retired") return null;
  throw failure;
}

function identifierOf(line) {
  const identifier = line.startsWith("tel:") ? line : `tel:${line}`;
  return /^tel:\+[1-9]\d{5,14}$/.test(identifier) ? identifier : null;
}

// Returns the results in the order of the lines, each a number or not. `seen` is updated.
export async function checkLines(server, channel, pinned, lines, seen) {
  const identifiers = lines.map(identifierOf);
  const distinct = [...new Set(identifiers.filter(Boolean))];
  const answers = await check(server, channel, pinned, distinct, seen);
  const byIdentifier = new Map(distinct.map((one, i) => [one, answers[i]]));
  return identifiers.map((one) => byIdentifier.get(one) ?? unknown({ reason: "invalid_number" }));
}

function readState(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

const OPTIONS = Object.fromEntries(["server", "channel", "trust", "state"].map((name) => [name, { type: "string" }]));

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (!values.server || !values.channel || !values.trust) {
    process.stderr.write("use: node client.mjs --server URL --channel NAME --trust FILE [--state FILE] < numbers\n");
    return 2;
  }
  const lines = (await readAll(process.stdin)).split("\n").map((line) => line.trim()).filter(Boolean);
  const seen = values.state ? readState(values.state) : {};
  const server = new Server(values.server, values.channel, process.env.PILOOKUP_TOKEN);
  const results = await checkLines(server, values.channel, readFileSync(values.trust), lines, seen);
  if (values.state) writeFileSync(values.state, JSON.stringify(seen), { mode: 0o600 });
  for (const one of results) process.stdout.write(`${JSON.stringify(one)}\n`);
  return results.some((one) => one.status === "unknown") ? 1 : 0;
}

export { Server };

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main();
