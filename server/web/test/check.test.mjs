// Tests the check from the text to the answer, against a correct server and against faulty or malicious ones.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { loadForeign, modules } from "./built_modules.mjs";
import {
  base64url, bucketsOf, cases, FakeServer, makeKeys, manifestFields, numbers, otherSecret, publicKeyOf, snapshotCase,
} from "./fake_server.mjs";

const { check, prepare } = modules.check;
const { Trust } = modules.trust;
const { Transport } = modules.transport;

const clock = { now: () => Date.now(), ticks: () => performance.now() };
const URLS = { evaluate: "https://e/v1/channels/public/", buckets: "https://b/v1/channels/public/" };
const foreign = await loadForeign();
const noLibrary = () => {
  throw new modules.failure.Failure("unreachable");
};

/** Does what the page's worker does, with a server in memory. */
class Page {
  constructor(server = new FakeServer(), { pinned = new FakeServer(), timeLimit, library = () => foreign } = {}) {
    this.server = server;
    this.library = library;
    this.timeLimit = timeLimit;
    this.trust = new Trust(pinned.root(), "public", clock);
    this.steps = [];
    /** Seconds that were waited. */
    this.slept = 0;
  }

  tools() {
    this.transport = new Transport(this.server.fetch, this.timeLimit);
    const onStep = (step, share) => this.steps.push(share === undefined ? step : `${step} ${share >= 0 && share <= 1}`);
    const { trust, transport, library } = this;
    return { urls: URLS, trust, transport, clock, library, onStep, sleep: (milliseconds) => this.sleep(milliseconds) };
  }

  async sleep(milliseconds) {
    assert.equal(milliseconds, 1000);
    this.slept += 1;
  }

  async ask(text) {
    const { answer } = await check(text, this.tools());
    return answer;
  }

  get evaluated() {
    return this.server.evaluations.map(({ options }) => bytesToHex(options.body));
  }
}

const changed = (change) => {
  const server = new FakeServer();
  change(server);
  return server;
};
const reasonOf = async (server, options) => (await new Page(server, options).ask(numbers.found[0])).reason;

test("the vectors have numbers of both kinds", () => assert.ok(numbers.found.length > 1 && numbers.absent.length > 0));

describe("a correct server", () => {
  test("gives the labels of the vectors", async () => {
    // The labels of the vectors name a case that is missing in the manifest of the vectors.
    const datasets = [...manifestFields.datasets, { ...manifestFields.datasets[0], id: 9 }];
    const page = new Page(changed((r) => (r.manifest = { ...r.manifest, datasets })));
    for (const name of numbers.found) {
      const found = await page.ask(name);
      const { label_bytes } = snapshotCase.present[name];
      const label = modules.label.parseLabel(Buffer.from(label_bytes, "hex"));
      assert.equal(found.status, "found");
      assert.deepEqual([found.exposed, found.malicious], [label.exposed, label.malicious]);
      assert.deepEqual([found.accounts, found.more, found.as_of], [label.accounts, label.more, manifestFields.created]);
      assert.deepEqual(found.cases, label.cases.map((id) => datasets.find((one) => one.id === id)));
      assert.equal(found.last_seen, modules.label.monthText(label.month, manifestFields.profile));
    }
  });

  test("gives not_found for all other numbers", async () => {
    const page = new Page();
    for (const name of numbers.absent) {
      assert.deepEqual(await page.ask(name), { status: "not_found", as_of: manifestFields.created });
    }
  });

  test("learns nothing about the number but its bucket", async () => {
    const page = new Page();
    const number = numbers.found[0].slice("tel:+86".length);
    const { last4 } = await check(number, page.tools());
    assert.equal(last4, number.slice(-4));
    const sentText = JSON.stringify(page.server.requests.map(({ path, options }) => [path, options.headers, [...(options.body ?? [])]]));
    for (const digits of [number, number.slice(3), number.slice(-4)]) assert.ok(!sentText.includes(digits));
    for (const { options } of page.server.requests) {
      const { cache, credentials, redirect, referrerPolicy } = options;
      assert.deepEqual([cache, credentials, redirect, referrerPolicy], ["no-store", "omit", "manual", "no-referrer"]);
    }
  });

  test("is asked for a canary once for each manifest, and gets a fresh blind for each check", async () => {
    const page = new Page();
    for (let n = 0; n < 3; n += 1) await page.ask(numbers.found[0]);
    assert.deepEqual(page.evaluated.map((body) => body.length / 64), [2, 1, 1]);
    const elements = page.evaluated.flatMap((body) => body.match(/.{64}/g));
    assert.equal(new Set(elements).size, elements.length);
  });

  test("is sent requests that are recorded in order, with their statuses", async () => {
    const page = new Page();
    await page.ask(numbers.found[0]);
    const { sent } = page.transport;
    assert.deepEqual(sent.map(({ url }) => url.replace(/^.*\/public\//, "")), page.server.requests.map(({ path }) => path));
    assert.deepEqual(new Set(sent.map(({ what }) => what)), new Set(["metadata", "evaluate", "bucket"]));
    assert.ok(sent.every(({ what, status }) => status === 200 || (what === "metadata" && status === 404)));
    const { method, body, url } = sent.find(({ what }) => what === "evaluate");
    assert.deepEqual([method, bytesToHex(body)], ["POST", page.evaluated[0]]);
    assert.ok(url.startsWith(URLS.evaluate) && sent.at(-1).url.startsWith(URLS.buckets));
    assert.deepEqual(page.steps, ["reading", "trust", "blinding", "asking", "bucket", "opening"]);
  });

  test("after a preparation, the canary's blind is used once", async () => {
    const page = new Page(changed((r) => (r.statuses.snapshots = 500)));
    await prepare(page.tools());
    for (let n = 0; n < 3; n += 1) await page.ask(numbers.found[0]);
    assert.deepEqual(page.evaluated.map((body) => body.length / 64), [2, 2, 2]);
    const elements = page.evaluated.flatMap((body) => body.match(/.{64}/g));
    assert.equal(new Set(elements).size, 6);
  });

  test("is asked for the canary's bucket beside the number's, not after it", async () => {
    const indexOf = (name) => {
      const token = Buffer.from(snapshotCase.present[name].token, "hex");
      return modules.token.bucketIndex(token, snapshotCase.bucket_bits);
    };
    const [number] = numbers.found;
    const canary = manifestFields.canaries.find((name) => indexOf(name) !== indexOf(number));
    const page = new Page(changed((r) => (r.manifest = { ...r.manifest, canaries: [canary] })));
    let release = () => undefined;
    const both = new Promise((resolve) => (release = resolve));
    let asked = 0;
    page.server.answer = (path) => {
      if (!path.startsWith("snapshots/")) return undefined;
      if ((asked += 1) === 2) release();
      return both.then(() => new Response(page.server.files()[path]));
    };
    assert.equal((await page.ask(number)).status, "found");
    assert.equal(asked, 2);
  });

  test("a preparation gives the newest cases of the catalogue, the newest first", async () => {
    const page = new Page();
    const cases = await prepare(page.tools());
    assert.ok(cases.length > 0 && cases.length <= 5);
    assert.deepEqual(cases.map(({ id }) => id), cases.map(({ id }) => id).sort((a, b) => b - a));
    const { id, kind, title, seized_on } = cases[0];
    assert.ok(id > 0 && kind && title.zh && title.en && seized_on !== undefined);
  });

  test("after a preparation, a check fetches only the evaluation and the buckets", async () => {
    const page = new Page();
    await prepare(page.tools());
    await page.ask(numbers.absent[0]);
    assert.deepEqual(new Set(page.transport.sent.map(({ what }) => what)), new Set(["evaluate", "bucket"]));
  });
});

describe("a text that is not a number", () => {
  for (const [text, detail] of [["", "empty"], ["138", "too_short"], ["13800138000 13900139000", "several"], ["张三", "no_digits"]]) {
    test(`${detail}: nothing is sent`, async () => {
      const page = new Page();
      assert.deepEqual(await page.ask(text), { status: "unknown", reason: "invalid_number", detail });
      assert.equal(page.server.requests.length, 0);
    });
  }

  test("a foreign number is unreachable if foreign.js cannot be loaded", async () => {
    assert.equal((await new Page(new FakeServer(), { library: noLibrary }).ask("+442070313000")).reason, "unreachable");
  });
});

/** What browsers give for a redirect that is not followed. */
const HIDDEN = { type: "opaqueredirect", status: 0, headers: new Headers(), body: null, arrayBuffer: async () => new ArrayBuffer(0) };

const ANSWERS = {
  "another evaluation key": ["bad_proof", (r) => (r.secret = otherSecret)],
  "a proof of another answer": ["bad_proof", (r) => mangle(r, (body) => concatBytes(body.subarray(0, -64), otherProof(r)))],
  "a flipped bit of the answer": ["bad_proof", (r) => mangle(r, (body) => body.map((byte, i) => (i === 3 ? byte ^ 1 : byte)))],
  "a flipped bit of the proof": ["bad_proof", (r) => mangle(r, (body) => body.map((byte, i) => (i === body.length - 40 ? byte ^ 1 : byte)))],
  "the answers swapped": ["bad_proof", (r) => mangle(r, (body) => concatBytes(body.subarray(32, 64), body.subarray(0, 32), body.subarray(64)))],
  "the identity": ["bad_proof", (r) => mangle(r, (body) => new Uint8Array(body.length))],
  "the request echoed back": ["bad_proof", (r) => (r.evaluate = (body) => concatBytes(body, new Uint8Array(64)))],
  "a cut answer": ["bad_response", (r) => mangle(r, (body) => body.subarray(1))],
  "an answer with one element too many": ["bad_response", (r) => mangle(r, (body) => concatBytes(body.subarray(0, 32), body))],
  "an empty answer": ["bad_response", (r) => mangle(r, () => new Uint8Array(0))],
  "an answer of a megabyte": ["bad_response", (r) => mangle(r, () => new Uint8Array(2 ** 20))],
  "altered buckets": ["bad_bucket", (r) => (r.buckets = r.buckets.map((body) => body.map((byte, i) => (i === 70 ? byte ^ 1 : byte))))],
  "altered paths": ["bad_bucket", (r) => (r.buckets = r.buckets.map((body) => body.map((byte, i) => (i === body.length - 1 ? byte ^ 1 : byte))))],
  "buckets in the wrong order": ["bad_bucket", (r) => r.buckets.reverse()],
  "empty buckets": ["bad_bucket", (r) => (r.buckets = r.buckets.map((body) => new Uint8Array(body.length)))],
  "cut buckets": ["bad_bucket", (r) => (r.buckets = r.buckets.map((body) => body.subarray(32)))],
  "buckets with a byte too many": ["bad_bucket", (r) => (r.buckets = r.buckets.map((body) => concatBytes(body, new Uint8Array(1))))],
  "buckets of a megabyte": ["bad_bucket", (r) => (r.buckets = r.buckets.map(() => new Uint8Array(2 ** 20)))],
  "a manifest with a byte too many": ["bad_snapshot", (r) => longManifest(r, 1)],
  "a manifest of eight megabytes": ["bad_snapshot", (r) => longManifest(r, 2 ** 23)],
  "no buckets": ["bad_response", (r) => (r.buckets = [])],
  "a snapshot of another key": ["bad_snapshot", snapshotOfAnotherKey],
  "a case that is not in the catalogue": ["bad_snapshot", (r) => (r.manifest = { ...r.manifest, datasets: [] })],
  "a closed channel": ["unauthorized", (r) => (r.statuses.metadata = 401)],
  "a forbidden channel": ["unauthorized", (r) => (r.statuses.evaluate = 403)],
  "a broken server": ["server_error", (r) => (r.statuses.snapshots = 500)],
  "a server without a release": ["server_error", (r) => (r.statuses.evaluate = 503)],
  "a redirect's status": ["bad_response", (r) => (r.statuses.evaluate = 302)],
  "a redirect that the browser hides": ["bad_response", (r) => (r.answer = (path) => (path.startsWith("evaluate") ? HIDDEN : null))],
  "over quota": ["rate_limited", (r) => (r.statuses.evaluate = 429)],
  "a retired epoch": ["retired", (r) => (r.statuses.evaluate = 410)],
  "retired buckets": ["retired", (r) => (r.statuses.snapshots = 410)],
  "an expired timestamp": ["stale", (r) => (r.expires.timestamp = -1)],
  "other keys": ["bad_signature", (r) => (r.keys = Object.fromEntries(Object.keys(r.keys).map((role) => [role, makeKeys()])))],
  "no metadata": ["bad_response", (r) => (r.files = () => ({}))],
};

function mangle(server, change) {
  const honest = server.evaluate.bind(server);
  server.evaluate = (body) => change(honest(body));
}

function longManifest(server, more) {
  const path = Object.keys(server.files()).find((one) => one.startsWith("targets/"));
  server.overrides[path] = concatBytes(server.files()[path], new Uint8Array(more));
}

function otherProof(server) {
  return FakeServer.prototype.evaluate.call(server, publicKeyOf(otherSecret)).subarray(-64);
}

/** The evaluator proves the key of the manifest, but the snapshot was made with another. */
function snapshotOfAnotherKey(server) {
  server.secret = otherSecret;
  server.manifest = { ...server.manifest, public_key: base64url(publicKeyOf(otherSecret)) };
}

describe("with any other server the answer is unknown, never not_found", () => {
  for (const [name, [reason, change]] of Object.entries(ANSWERS)) {
    test(`${name}: ${reason}`, async () => assert.equal(await reasonOf(changed(change)), reason));
  }

  test("the canary reveals a snapshot of another key even if the number is absent", async () => {
    const answer = await new Page(changed(snapshotOfAnotherKey)).ask(numbers.absent[0]);
    assert.deepEqual(answer, { status: "unknown", reason: "bad_snapshot" });
  });

  test("a canary whose bucket failed is asked for again", async () => {
    const page = new Page(changed((r) => (r.statuses.snapshots = 500)));
    await page.ask(numbers.found[0]);
    page.server.statuses = {};
    assert.equal((await page.ask(numbers.found[0])).status, "found");
    assert.deepEqual(page.evaluated.map((body) => body.length / 64), [2, 2]);
  });

  test("an invalid label in a valid snapshot is bad_snapshot", async () => {
    const { gcmsiv } = await import("@noble/ciphers/aes.js");
    const [name] = numbers.found;
    const secret = Buffer.from(snapshotCase.present[name].token, "hex");
    const aad = modules.token.binding("pilookup-v1-label", "public", manifestFields.epoch);
    const sealed = gcmsiv(secret.subarray(32), new Uint8Array(12), aad).encrypt(new Uint8Array(12));
    const entry = concatBytes(secret.subarray(4, 8), sealed);
    assert.equal(await reasonOf(changed((r) => resnapshot(r, name, entry))), "bad_snapshot");
  });

  for (const [name, flags] of Object.entries({ "a canary's label": "80" })) {
    test(`${name} for a number is bad_snapshot`, async () => {
      const { gcmsiv } = await import("@noble/ciphers/aes.js");
      const [number] = numbers.found;
      const secret = Buffer.from(snapshotCase.present[number].token, "hex");
      const aad = modules.token.binding("pilookup-v1-label", "public", manifestFields.epoch);
      const label = Buffer.from(`${flags}${"00".repeat(11)}`, "hex");
      const sealed = gcmsiv(secret.subarray(32), new Uint8Array(12), aad).encrypt(label);
      const entry = concatBytes(secret.subarray(4, 8), sealed);
      assert.equal(await reasonOf(changed((r) => resnapshot(r, number, entry))), "bad_snapshot");
    });
  }
});

/** Replace the entry of one number, with a matching tree and root: a mistake of the publisher. */
function resnapshot(server, name, entry) {
  const { token } = snapshotCase.present[name];
  const secret = Buffer.from(token, "hex");
  const index = modules.token.bucketIndex(secret, snapshotCase.bucket_bits);
  const slots = bucketsOf(snapshotCase);
  const at = Array.from({ length: snapshotCase.slots }, (_, i) => i * 32).find(
    (start) => bytesToHex(slots[index].subarray(start, start + 4)) === token.slice(8, 16),
  );
  slots[index].set(entry, at);
  let level = slots.map((bucket) => sha256(concatBytes(Uint8Array.of(0), bucket)));
  const paths = slots.map(() => []);
  for (let k = 0; level.length > 1; k += 1) {
    paths.forEach((path, i) => path.push(level[(i >> k) ^ 1]));
    level = Array.from({ length: level.length / 2 }, (_, i) => sha256(concatBytes(Uint8Array.of(1), level[2 * i], level[2 * i + 1])));
  }
  server.buckets = slots.map((bucket, i) => concatBytes(bucket, ...paths[i]));
  server.manifest = { ...server.manifest, root: base64url(level[0]) };
}

describe("the network", () => {
  test("a failed connection is unreachable", async () => {
    assert.equal(await reasonOf(changed((r) => (r.answer = () => Promise.reject(new TypeError("failed"))))), "unreachable");
  });

  for (const route of ["metadata", "evaluate", "snapshots"]) {
    test(`no response in time from ${route} is timeout`, async () => {
      const hang = changed((r) => (r.answer = (path, { signal }) => (path.startsWith(route) ? stalled(signal) : null)));
      assert.equal(await reasonOf(hang, { timeLimit: 50 }), "timeout");
    });
  }

  test("a body that never ends is timeout", async () => {
    const drip = changed((r) => (r.answer = (_, { signal }) => new Response(neverEnding(signal))));
    assert.equal(await reasonOf(drip, { timeLimit: 50 }), "timeout");
  });

  for (const length of [null, 2 ** 30]) {
    test(`a response over the limit ${length ? "that states its length is not read" : "is read no further"}`, async () => {
      let [pulled, aborted] = [0, false];
      const flood = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(((pulled += 1), 2 ** 16))) });
      const server = changed((r) => (r.answer = (path, { signal }) => {
        if (!path.startsWith("evaluate")) return null;
        signal.addEventListener("abort", () => (aborted = true));
        return new Response(flood, { headers: length ? { "content-length": length } : {} });
      }));
      assert.equal(await reasonOf(server), "bad_response");
      assert.ok(aborted && pulled < 5, `${pulled} parts`);
    });
  }

  test("the status of a response decides, however long its body is", async () => {
    const long = (status) => changed((r) => (r.answer = (path) => (path.startsWith("evaluate") ? new Response(new Uint8Array(2 ** 20), { status }) : null)));
    assert.equal(await reasonOf(long(500)), "server_error");
    assert.equal(await reasonOf(long(429)), "rate_limited");
  });

  test("without body streams, the browser reads the whole response", async () => {
    const withoutStream = (response) => ({
      status: response.status,
      headers: response.headers,
      arrayBuffer: () => response.arrayBuffer(),
    });
    const page = new Page();
    const { fetch } = page.server;
    page.server.fetch = async (...request) => withoutStream(await fetch(...request));
    assert.equal((await page.ask(numbers.found[0])).status, "found");
    page.server.evaluate = () => new Uint8Array(2 ** 20);
    assert.equal((await page.ask(numbers.found[0])).reason, "bad_response");
  });

  test("a stop aborts the current request, and nothing more is sent", async () => {
    const page = new Page(changed((r) => (r.answer = (path, { signal }) => (path.startsWith("evaluate") ? stalled(signal) : null))));
    const asked = page.ask(numbers.found[0]);
    while (page.evaluated.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const count = page.server.requests.length;
    page.transport.abort();
    assert.equal((await asked).status, "unknown");
    assert.equal(page.server.requests.length, count);
  });
});

const stalled = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

const neverEnding = (signal) =>
  new ReadableStream({ start: (stream) => signal.addEventListener("abort", () => stream.error(new Error("aborted"))) });

describe("410", () => {
  for (const route of ["evaluate", "snapshots"]) {
    test(`from ${route}: the check starts again with fresh blinds under the new release`, async () => {
      const page = new Page();
      await page.ask(numbers.found[0]);
      page.server.answer = (path) => {
        if (!path.startsWith(route)) return null;
        page.server.answer = undefined;
        page.server.manifest = { ...page.server.manifest, serial: page.server.manifest.serial + 1 };
        page.server.versions = { root: 1, timestamp: 11, snapshot: 3, targets: 4 };
        return new Response("", { status: 410 });
      };
      assert.equal((await page.ask(numbers.found[0])).status, "found");
      const elements = page.evaluated.flatMap((body) => body.match(/.{64}/g));
      assert.equal(new Set(elements).size, elements.length);
      assert.deepEqual(page.evaluated.map((body) => body.length / 64), [2, 1, 2]);
    });
  }

  test("a second 410 is retired", async () => {
    const page = new Page(changed((r) => (r.statuses.evaluate = 410)));
    assert.equal((await page.ask(numbers.found[0])).reason, "retired");
    assert.equal(page.evaluated.length, 2);
  });
});

/** A challenge in the form of ALTCHA: it contains the first half of the key of a counter. */
function challenge(counter = 700, cost = 1) {
  const [nonce, salt] = ["0a".repeat(16), "0b".repeat(16)];
  let key = sha256(Buffer.from(`${salt}${nonce}${counter.toString(16).padStart(8, "0")}`, "hex"));
  for (let i = 1; i < cost; i += 1) key = sha256(key);
  const keyPrefix = bytesToHex(key.subarray(0, 16));
  const parameters = { algorithm: "SHA-256", cost, keyLength: 32, keyPrefix, nonce, salt, expiresAt: 1, data: { elements: 2 } };
  return { given: { parameters, signature: "ab".repeat(32) }, solution: { counter, derivedKey: bytesToHex(key) } };
}

const problem = (members) =>
  new Response(JSON.stringify({ type: "urn:pilookup:problem:proof-needed", status: 429, ...members }), {
    status: 429,
    headers: { "retry-after": "17" },
  });

const proofOf = ({ options }) => options.headers["pilookup-proof"];

/** A server that requires a proof of work for every evaluation. */
const guarded = ({ given, solution }) =>
  changed((r) => {
    r.answer = (path, { headers }) => {
      if (!path.startsWith("evaluate")) return null;
      const proof = headers["pilookup-proof"];
      if (proof === undefined) return problem({ challenge: given });
      assert.deepEqual(JSON.parse(Buffer.from(proof, "base64")), { challenge: given, solution });
      return null;
    };
  });

/** A server whose manifest names this cases.json. */
const withDetails = (body, change = () => undefined) =>
  changed((r) => {
    const data = Buffer.from(typeof body === "string" ? body : modules.manifest.canonical(body));
    const digest = bytesToHex(sha256(data));
    r.manifest = { ...r.manifest, files: { ...r.manifest.files, "cases.json": { sha256: digest, size: data.length } } };
    r.overrides[`targets/epochs/${r.manifest.epoch}/${digest}.cases.json`] = data;
    change(r, `targets/epochs/${r.manifest.epoch}/${digest}.cases.json`);
  });

const both = (text) => ({ zh: `${text}中`, en: text });
const FULL = {
  id: 0, updated: "2026-11-29", size: "1000", platforms: [both("Shop")], close: both("Open settings"),
  close_url: "https://shop.example/close?a=1#b", unknown: { more: 1 },
  appeal: { who: both("Police"), how: both("Go there"), papers: both("ID"), url: "https://police.example:8443", unknown: 1 },
};

describe("cases.json", () => {
  const shown = async (server) => {
    const page = new Page(server);
    const { cases } = await page.ask(numbers.found[0]);
    return [cases[0], page];
  };
  const idOf = async () => (await shown(new FakeServer()))[0].id;

  test("adds details to its case, and leaves out what is unknown", async () => {
    const id = await idOf();
    const [found] = await shown(withDetails({ format: 1, more: [], cases: [{ ...FULL, id }, { id: 65535 }] }));
    assert.deepEqual(found.details, {
      platforms: FULL.platforms, close: FULL.close, close_url: FULL.close_url,
      appeal: { who: both("Police"), how: both("Go there"), papers: both("ID"), url: "https://police.example:8443" },
    });
  });

  test("is fetched once, whatever the answer is", async () => {
    const id = await idOf();
    for (const number of [numbers.found[0], numbers.absent[0]]) {
      const page = new Page(withDetails({ format: 1, cases: [{ ...FULL, id }] }));
      await page.ask(number);
      await page.ask(number);
      const paths = page.server.requests.map(({ path }) => path.split("/")[0].replace(/\?.*/, ""));
      assert.equal(page.server.requests.filter(({ path }) => path.endsWith(".cases.json")).length, 1);
      assert.deepEqual(paths.slice(-2), ["evaluate", "snapshots"], "the second check fetches no details");
    }
  });

  const broken = {
    "another format": { format: 2, cases: [] },
    "no list": { format: 1, cases: {} },
    "not canonical": '{"format":1, "cases":[]}',
    "not JSON": "<html>",
    "ids that do not ascend": { format: 1, cases: [{ id: 2 }, { id: 2 }] },
    "an id that is none": { format: 1, cases: [{ id: 0 }] },
  };
  const wrong = {
    close_url: ["http://shop.example", "javascript:alert(1)//", "https://", "https://a.example/ ", "https://A.example", "https://u@a.example", `https://a.example/${"x".repeat(500)}`],
    close: ["text", { zh: "a" }, { zh: "", en: "a" }, { zh: "a\u202e", en: "b" }, { zh: "x".repeat(1001), en: "b" }],
    platforms: ["Shop", [7], [{ zh: "x".repeat(201), en: "b" }], Array(51).fill(both("Shop"))],
    appeal: ["text", { who: "text" }, { url: "ftp://a.example" }],
    updated: ["2026-02-30", "today", 7],
    size: ["Large", 1000],
  };
  for (const [name, values] of Object.entries(wrong)) {
    values.forEach((value, i) => (broken[`${name} ${i}`] = { format: 1, cases: [{ id: 1, [name]: value }] }));
  }
  for (const [name, body] of Object.entries(broken)) {
    test(`${name}: the case is shown without details`, async () => {
      assert.throws(() => modules.caseDetails.parseDetails(Buffer.from(typeof body === "string" ? body : modules.manifest.canonical(body))));
      const [found] = await shown(withDetails(body));
      assert.equal(found.details, undefined);
    });
  }

  test("that is missing, altered or large changes no answer", async () => {
    const id = await idOf();
    const body = { format: 1, cases: [{ ...FULL, id }] };
    const altered = [
      (r, path) => delete r.overrides[path],
      (r, path) => (r.overrides[path] = Buffer.from(String(r.overrides[path]).replace("Shop", "Shoq"))),
      (r, path) => (r.answer = (asked) => (asked === path ? new Response("", { status: 503 }) : null)),
      (r) => (r.manifest.files["cases.json"].size = 64 * 1024 + 1),
    ];
    for (const change of altered) assert.equal((await shown(withDetails(body, change)))[0].details, undefined);
  });
});

/** A server that refuses this many evaluations, with a problem of this type and this header Retry-After. */
const overQuota = (times, type, seconds) =>
  changed((r) => {
    let left = times;
    r.answer = (path) => {
      if (!path.startsWith("evaluate") || left-- <= 0) return null;
      const body = JSON.stringify({ type: `urn:pilookup:problem:${type}`, status: 429 });
      return new Response(body, { status: 429, headers: seconds === null ? {} : { "retry-after": String(seconds) } });
    };
  });

describe("a server that is over quota for a short time", () => {
  test("is asked again by itself, with fresh blinds", async () => {
    const page = new Page(overQuota(3, "rate-limited", 30));
    assert.equal((await page.ask(numbers.found[0])).status, "found");
    assert.equal(page.evaluated.length, 4);
    const elements = page.evaluated.flatMap((body) => body.match(/.{64}/g));
    assert.equal(new Set(elements).size, elements.length);
    assert.ok(page.slept >= 90 && page.slept <= 96, page.slept);
    assert.equal(page.steps.filter((step) => step.startsWith("waiting")).length, page.slept, "every second is counted");
  });

  test("is asked again three times and no more", async () => {
    const page = new Page(overQuota(Infinity, "rate-limited", 1));
    assert.deepEqual(await page.ask(numbers.found[0]), { status: "unknown", reason: "rate_limited", wait: 1 });
    assert.equal(page.evaluated.length, 4);
  });

  for (const [name, type, seconds] of [
    ["for longer", "rate-limited", 31],
    ["for a time that it does not say", "rate-limited", null],
    ["until a day that it names", "rate-limited", "Fri, 01 Jan 2027 00:00:00 GMT"],
    ["and asks for work that this page cannot do", "proof-needed", 1],
    ["and gives no reason that is known", "other", 1],
  ]) {
    test(`${name}: is not asked again`, async () => {
      const page = new Page(overQuota(1, type, seconds));
      assert.equal((await page.ask(numbers.found[0])).reason, "rate_limited");
      assert.deepEqual([page.evaluated.length, page.slept], [1, 0]);
    });
  }

  test("is not asked again after the check was stopped", async () => {
    const page = new Page(overQuota(Infinity, "rate-limited", 20));
    page.sleep = async () => page.transport.abort();
    assert.equal((await page.ask(numbers.found[0])).reason, "rate_limited");
    assert.equal(page.evaluated.length, 1);
  });
});

describe("proof of work", () => {
  for (const [name, made] of Object.entries({ "of one round": challenge(), "of many rounds": challenge(40, 30) })) {
    test(`${name}: is solved, and the request is blinded again`, async () => {
      const page = new Page(guarded(made));
      assert.equal((await page.ask(numbers.found[0])).status, "found");
      assert.equal(page.evaluated.length, 2);
      const elements = page.evaluated.flatMap((body) => body.match(/.{64}/g));
      assert.equal(new Set(elements).size, elements.length);
      assert.equal(proofOf(page.server.evaluations[0]), undefined);
      assert.ok(page.steps.includes("working true"));
    });
  }

  test("is done once: a second challenge is rate_limited", async () => {
    const page = new Page(changed((r) => (r.answer = (path) => (path.startsWith("evaluate") ? problem({ challenge: challenge().given }) : null))));
    assert.deepEqual(await page.ask(numbers.found[0]), { status: "unknown", reason: "rate_limited", wait: 17 });
    assert.equal(page.evaluated.length, 2);
  });

  test("without a challenge a 429 is rate_limited, with the time to wait", async () => {
    for (const body of ["", "{", "null", "[]", '{"type":"urn:pilookup:problem:rate-limited"}']) {
      const refuse = () => new Response(body, { status: 429, headers: { "retry-after": "60" } });
      const page = new Page(changed((r) => (r.answer = (path) => (path.startsWith("evaluate") ? refuse() : null))));
      assert.deepEqual(await page.ask(numbers.found[0]), { status: "unknown", reason: "rate_limited", wait: 60 });
      assert.equal(page.evaluated.length, 1);
    }
  });

  test("is not done if its solution would not admit the request", async () => {
    const { given: one } = challenge();
    const parameters = { ...one.parameters, data: { elements: 1 } };
    const page = new Page(changed((r) => (r.answer = (path) => (path.startsWith("evaluate") ? problem({ challenge: { parameters } }) : null))));
    assert.deepEqual(await page.ask(numbers.found[0]), { status: "unknown", reason: "rate_limited", wait: 17 });
    assert.equal(page.evaluated.length, 1);
    assert.ok(!page.steps.includes("working true"));
  });

  const { given } = challenge();
  for (const [name, wrong] of Object.entries({
    "no challenge": undefined,
    "no parameters": {},
    "another algorithm": { algorithm: "ARGON2ID" },
    "a salt that is not hex": { salt: "xyz" },
    "a nonce that is a number": { nonce: 7 },
    "no prefix": { keyPrefix: "" },
    "too many rounds": { cost: 1e9 },
    "a cost of 0": { cost: 0 },
    "a key of 33 bytes": { keyLength: 33 },
    "no number of elements": { data: {} },
    "more elements than a batch": { data: { elements: 1001 } },
  })) {
    test(`${name} is rate_limited, without work`, async () => {
      const sent = wrong && Object.keys(wrong).length ? { parameters: { ...given.parameters, ...wrong } } : wrong;
      const page = new Page(changed((r) => (r.answer = (path) => (path.startsWith("evaluate") ? problem({ challenge: sent }) : null))));
      assert.equal((await page.ask(numbers.found[0])).reason, "rate_limited");
      assert.equal(page.evaluated.length, 1);
    });
  }

  for (const one of cases.filter(({ type }) => type === "proof-of-work")) {
    test(`vector: ${one.name}`, async () => {
      const { challengeIn, solve } = modules.proofOfWork;
      const found = challengeIn({ status: 429, headers: new Headers(), body: new TextEncoder().encode(one.problem) });
      const read = (header) => JSON.parse(Buffer.from(header, "base64"));
      const around = { ticks: () => performance.now(), progress: () => undefined, stopped: () => false };
      assert.deepEqual(read(await solve(found, around)), read(one.header));
    });
  }

  test("ends when stopped and when its time is up", async () => {
    const { parseChallenge, solve } = modules.proofOfWork;
    const endless = parseChallenge({ parameters: { ...given.parameters, keyPrefix: "00".repeat(32) } });
    let ticks = 0;
    const around = { ticks: () => (ticks += 1), progress: () => undefined, stopped: () => ticks > 500 };
    await assert.rejects(solve(endless, around), { reason: "unreachable" });
    const slow = { ticks: () => (ticks += 1000), progress: () => undefined, stopped: () => false };
    await assert.rejects(solve(endless, slow), { reason: "rate_limited" });
  });
});

describe("the URLs of a channel", () => {
  const { channelUrls } = modules.channelUrls;
  const settings = { server: "", buckets: "", channel: "public", root: "" };
  const ownOrigin = "https://own";

  test("without a server the worker's origin is used, and without a bucket host the server", () => {
    const path = "/v1/channels/public/";
    assert.deepEqual(channelUrls(settings, ownOrigin), { evaluate: ownOrigin + path, buckets: ownOrigin + path });
    const server = { ...settings, server: "https://a.example/" };
    assert.deepEqual(channelUrls(server, ownOrigin), { evaluate: `https://a.example${path}`, buckets: `https://a.example${path}` });
    const buckets = { ...settings, buckets: "http://127.0.0.1:8000/x/" };
    assert.deepEqual(channelUrls(buckets, ownOrigin), { evaluate: ownOrigin + path, buckets: `http://127.0.0.1:8000/x${path}` });
  });

  for (const wrong of [
    { channel: "../x" }, { channel: "" }, { server: "http://a.example" }, { server: "javascript:1" },
    { server: "https://a/?x" }, { buckets: "//a" }, { buckets: "https://user@a" },
  ]) {
    test(`${JSON.stringify(wrong)} is refused`, () => assert.throws(() => channelUrls({ ...settings, ...wrong }, ownOrigin)));
  }
});

describe("the page's own origin", () => {
  const { channelUrls } = modules.channelUrls;
  const settings = { server: "", buckets: "", channel: "public", root: "" };

  for (const ownOrigin of ["https://own", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"]) {
    test(`${ownOrigin} is accepted`, () => assert.equal(channelUrls(settings, ownOrigin).evaluate, `${ownOrigin}/v1/channels/public/`));
  }

  for (const ownOrigin of ["http://own", "http://localhost.example", "http://127.0.0.1.example", "http://192.168.0.2", "null", ""]) {
    test(`${ownOrigin || "an empty origin"} is refused, even with a server elsewhere`, () => {
      assert.throws(() => channelUrls(settings, ownOrigin));
      assert.throws(() => channelUrls({ ...settings, server: "https://a.example" }, ownOrigin));
    });
  }
});

test("the answer to a failed check does not contain the number", async () => {
  const page = new Page(changed((r) => (r.statuses.evaluate = 500)));
  const answer = await page.ask(numbers.found[0]);
  assert.deepEqual(answer, { status: "unknown", reason: "server_error" });
  assert.ok(utf8ToBytes(JSON.stringify(answer)).length < 100);
});
