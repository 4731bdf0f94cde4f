// Tests the whole second client with a server made from the protocol vectors, both honest and dishonest.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { ed25519, ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { check, Server } from "./client.mjs";
import { canonical, parseManifest } from "./manifest.mjs";
import * as protocol from "./protocol.mjs";
import { olpc } from "./trust.mjs";
import { bucketsOf, cases } from "./vectors.mjs";

const { concat, hex, sha256, split, unhex, utf8 } = protocol;
const { Point } = ristretto255;
const { voprf } = ristretto255_oprf;
const scalar = (text) => Point.Fn.fromBytes(unhex(text));

const whole = cases.find((one) => one.type === "snapshot");
const manifestBytes = utf8(cases.find((one) => one.type === "manifest").bytes);
const secret = scalar(cases.find((one) => one.type === "check").private_key);
const keys = Object.fromEntries(["root", "targets", "snapshot", "timestamp"].map((role) => [role, makeKeys()]));

function makeKeys() {
  return [1, 2, 3].map(() => {
    const { secretKey, publicKey } = ed25519.keygen();
    const value = { keytype: "ed25519", scheme: "ed25519", keyval: { public: hex(publicKey) } };
    return { secretKey, value, id: hex(sha256(utf8(olpc(value)))) };
  });
}

function sign(signed, signers) {
  const bytes = utf8(olpc(signed));
  const signatures = signers.map(({ id, secretKey }) => ({ keyid: id, sig: hex(ed25519.sign(bytes, secretKey)) }));
  return utf8(JSON.stringify({ signatures, signed }));
}

const soon = (days) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");

// The data of a server, which a test can change.
class Release {
  constructor() {
    this.manifest = manifestBytes;
    this.versions = { root: 1, timestamp: 10, snapshot: 2, targets: 3 };
    this.expires = { root: 9, timestamp: 1, snapshot: 2, targets: 2, epoch: 9 };
    this.signers = { root: keys.root.slice(0, 2), targets: keys.targets.slice(0, 2), snapshot: keys.snapshot.slice(0, 1), timestamp: keys.timestamp.slice(0, 1) };
    this.key = secret;
    this.evaluations = 0;
    this.buckets = bucketsOf(whole).map((bucket, i) => concat(bucket, unhex(whole.paths[i])));
    this.statuses = {};
  }

  signed(role, fields) {
    const [version, expires] = [this.versions[role], soon(this.expires[role])];
    return sign({ _type: role, spec_version: "1.0.31", version, expires, ...fields }, this.signers[role]);
  }

  root() {
    const all = Object.values(keys).flat();
    const roles = Object.entries(keys).map(([role, list]) => [
      role,
      { keyids: list.map(({ id }) => id), threshold: role === "root" || role === "targets" ? 2 : 1 },
    ]);
    const named = Object.fromEntries(all.map(({ id, value }) => [id, value]));
    return this.signed("root", { consistent_snapshot: true, keys: named, roles: Object.fromEntries(roles) });
  }

  targets() {
    const target = { length: this.manifest.length, hashes: { sha256: hex(sha256(this.manifest)) } };
    const custom = { epoch: 3, serves_until: soon(this.expires.epoch) };
    return this.signed("targets", {
      targets: { "manifest.json": target, "epochs/3/manifest.json": { ...target, custom } },
    });
  }

  files() {
    const { snapshot, targets } = this.versions;
    return {
      "metadata/timestamp.json": this.signed("timestamp", { meta: { "snapshot.json": { version: snapshot } } }),
      [`metadata/${snapshot}.snapshot.json`]: this.signed("snapshot", { meta: { "targets.json": { version: targets } } }),
      [`metadata/${targets}.targets.json`]: this.targets(),
      [`targets/${hex(sha256(this.manifest))}.manifest.json`]: this.manifest,
      ...Object.fromEntries(this.buckets.map((body, i) => [`snapshots/7/buckets/${i}`, body])),
      ...this.more,
    };
  }

  evaluate(body) {
    this.evaluations += 1;
    const blinded = split(body, 32);
    const publicKey = Point.BASE.multiply(this.key).toBytes();
    const made = proveBatch(this.key, publicKey, blinded);
    return concat(...made.evaluated, made.proof);
  }
}

const proveBatch = (key, publicKey, blinded) => voprf.blindEvaluateBatch(Point.Fn.toBytes(key), publicKey, blinded);

describe("the whole client", () => {
  let release;
  let url;
  const server = createServer(async (request, response) => {
    const path = request.url.replace("/v1/channels/public/", "");
    const parts = [];
    for await (const chunk of request) parts.push(chunk);
    const body = path === "evaluate?epoch=3" ? release.evaluate(new Uint8Array(Buffer.concat(parts))) : release.files()[path];
    const status = release.statuses[path.split(/[/?]/)[0]] ?? (body ? 200 : 404);
    response.writeHead(status).end(status === 200 ? body : "");
  });
  before(() => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
  before(() => {
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server.close());

  const NUMBERS = [...Object.keys(whole.present).slice(0, 2), Object.keys(whole.absent)[0]];
  const pinned = new Release().root();
  const ask = (made, seen = {}, root = pinned) => {
    release = made;
    return check(new Server(url, "public"), "public", root, NUMBERS, seen);
  };
  const changed = (change) => Object.assign(new Release(), change);

  async function reasons(made, seen, root) {
    return (await ask(made, seen, root)).map((one) => one.reason);
  }

  test("a number in the data is found and another is not", async () => {
    const [exposed, malicious, absent] = await ask(new Release());
    assert.deepEqual([exposed.status, exposed.exposed, exposed.malicious], ["found", true, false]);
    assert.deepEqual([malicious.accounts, malicious.last_seen], [6, "2025-Q3"]);
    assert.deepEqual(malicious.cases.map(({ id, kind }) => [id, kind]), [[4, "malicious-registration"]]);
    assert.equal(absent.status, "not_found");
  });

  test("the client follows the roots from the pinned one", async () => {
    const made = new Release();
    made.versions.root = 2;
    made.more = { "metadata/2.root.json": made.root() };
    assert.deepEqual(await reasons(made), [null, null, null]);
    made.signers.root = keys.targets.slice(0, 2);
    made.more = { "metadata/2.root.json": made.root() };
    assert.deepEqual(new Set(await reasons(made)), new Set(["bad_signature"]));
  });

  test("a rollback between runs is detected", async () => {
    const seen = {};
    await ask(new Release(), seen);
    const versions = { timestamp: 10, snapshot: 2, targets: 3, serial: 7 };
    assert.deepEqual({ ...seen, ...versions }, seen);
    for (const name of Object.keys(versions)) {
      assert.deepEqual(new Set(await reasons(new Release(), { ...seen, [name]: seen[name] + 1 })), new Set(["rolled_back"]));
    }
  });

  test("versions seen under former keys are forgotten", async () => {
    const seen = {};
    await ask(new Release(), seen);
    const ahead = { ...seen, timestamp: 99, snapshot: 99, targets: 99 };
    assert.deepEqual(new Set(await reasons(new Release(), { ...ahead })), new Set(["rolled_back"]));
    assert.deepEqual(await reasons(new Release(), { ...ahead, holders: "others" }), [null, null, null]);
  });

  test("an altered bucket does not affect numbers of another bucket", async () => {
    const indices = [...NUMBERS, "test:pilookup-canary-1"].map((name) =>
      protocol.bucketIndex(unhex(whole.present[name]?.token ?? whole.absent[name]), whole.bucket_bits),
    );
    const altered = indices.find((index) => index !== indices.at(-1));
    assert.ok(altered !== undefined);
    const made = new Release();
    made.buckets[altered] = made.buckets[altered].with(0, 255);
    const wanted = indices.slice(0, -1).map((index) => (index === altered ? "bad_bucket" : null));
    assert.deepEqual(await reasons(made), wanted);
  });

  const ATTACKS = {
    "another evaluation key": ["bad_proof", (r) => ({ key: Point.Fn.add(r.key, 1n) })],
    "a cut answer": ["bad_response", (r) => ({ evaluate: (body) => Release.prototype.evaluate.call(r, body).subarray(1) })],
    "the identity": ["bad_proof", () => ({ evaluate: (body) => new Uint8Array(body.length + 64) })],
    "altered buckets": ["bad_bucket", (r) => ({ buckets: r.buckets.map((b) => b.with(2000, b[2000] ^ 1)) })],
    "swapped buckets": ["bad_bucket", (r) => ({ buckets: r.buckets.toReversed() })],
    "an expired timestamp": ["stale", (r) => ({ expires: { ...r.expires, timestamp: -1 } })],
    "an expired snapshot": ["stale", (r) => ({ expires: { ...r.expires, snapshot: -1 } })],
    "expired targets": ["stale", (r) => ({ expires: { ...r.expires, targets: -1 } })],
    "an expired epoch": ["stale", (r) => ({ expires: { ...r.expires, epoch: -1 } })],
    "one signature for two": ["bad_signature", (r) => ({ signers: { ...r.signers, targets: [keys.targets[0]] } })],
    "a signature listed twice": ["bad_response", (r) => ({ signers: { ...r.signers, targets: [keys.targets[0], keys.targets[0]] } })],
    "another file's version": ["bad_snapshot", (r) => ({ files: () => renamed(r, "2.snapshot", { versions: { ...r.versions, snapshot: 1 } }) })],
    "older targets under the new name": ["bad_snapshot", (r) => ({ files: () => renamed(r, "3.targets", { versions: { ...r.versions, targets: 2 } }) })],
    "more than targets in the snapshot": ["bad_snapshot", (r) => ({ signed: (role, fields) => Release.prototype.signed.call(r, role, role === "snapshot" ? { meta: { ...fields.meta, "other.json": { version: 1 } } } : fields) })],
    "no manifest": ["bad_response", (r) => ({ files: () => ({ ...Release.prototype.files.call(r), [`targets/${hex(sha256(r.manifest))}.manifest.json`]: undefined }) })],
    "a public key that is the identity": ["bad_snapshot", () => ({ manifest: edited({ public_key: protocol.b64url(new Uint8Array(32)) }) })],
    "a public key that is no point": ["bad_snapshot", () => ({ manifest: edited({ public_key: protocol.b64url(new Uint8Array(32).fill(255)) }) })],
    "metadata that are gone": ["retired", () => ({ statuses: { metadata: 410 } })],
    "buckets that are gone": ["retired", () => ({ statuses: { snapshots: 410 } })],
    "another role's key": ["bad_signature", (r) => ({ signers: { ...r.signers, timestamp: keys.snapshot.slice(0, 1) } })],
    "an altered manifest": ["bad_snapshot", (r) => ({ files: () => ({ ...Release.prototype.files.call(r), [`targets/${hex(sha256(r.manifest))}.manifest.json`]: utf8(" ") }) })],
    "a retired epoch": ["retired", () => ({ statuses: { evaluate: 410 } })],
    "over quota": ["rate_limited", () => ({ statuses: { evaluate: 429 } })],
    "a closed channel": ["unauthorized", () => ({ statuses: { metadata: 401 } })],
    "a redirect": ["bad_response", () => ({ statuses: { evaluate: 302 } })],
    "a broken server": ["server_error", () => ({ statuses: { snapshots: 500 } })],
  };
  // The manifest with other fields, in its canonical form.
  function edited(fields) {
    return utf8(canonical({ ...JSON.parse(Buffer.from(manifestBytes)), ...fields }));
  }
  // The files of a release, with a metadata file taken from the release as it would be with `change`.
  function renamed(made, name, change) {
    const other = Object.assign(new Release(), change);
    const [version, role] = name.split(".");
    const path = `metadata/${other.versions[role]}.${role}.json`;
    return { ...Release.prototype.files.call(made), [`metadata/${version}.${role}.json`]: Release.prototype.files.call(other)[path] };
  }
  for (const [name, [reason, change]] of Object.entries(ATTACKS)) {
    test(`${name} is ${reason}`, async () => {
      const made = new Release();
      assert.deepEqual(await reasons(Object.assign(made, change(made))), [reason, reason, reason]);
    });
  }

  test("a snapshot of another key is bad_snapshot", async () => {
    const key = Point.Fn.add(secret, 1n);
    const fields = { ...JSON.parse(Buffer.from(manifestBytes)), public_key: protocol.b64url(Point.BASE.multiply(key).toBytes()) };
    const made = changed({ key, manifest: utf8(canonical(fields)) });
    assert.deepEqual(new Set(await reasons(made)), new Set(["bad_snapshot"]));
  });

  for (const name of ["root", "targets", "timestamp"]) {
    test(`a root that lists one key of ${name} under two ids is bad_signature`, async () => {
      const made = new Release();
      made.versions.root = 2;
      const root = JSON.parse(Buffer.from(made.root())).signed;
      const alias = "f".repeat(64);
      root.keys[alias] = root.keys[root.roles[name].keyids[0]];
      root.roles[name].keyids.push(alias);
      made.more = { "metadata/2.root.json": sign(root, keys.root.slice(0, 2)) };
      assert.deepEqual(new Set(await reasons(made)), new Set(["bad_signature"]));
    });
  }

  test("titles with characters new to any Unicode are read, and controls are refused", () => {
    const titled = (text) => {
      const body = JSON.parse(Buffer.from(manifestBytes));
      body.datasets[0].title.en = text;
      return utf8(canonical(body));
    };
    for (const text of ["\u{31350}", "\u{2ebf0}", "\u0378", "a b"]) assert.equal(parseManifest(titled(text)).datasets[0].title.en, text);
    for (const text of ["\0", "\xa0", "\xad", "\u2028", "\u2029", "\u3000", "\ue000", "\ufeff", "\u{1343f}", "\u{e0001}", "\u{10fffd}", ""]) {
      assert.throws(() => parseManifest(titled(text)), { reason: "bad_snapshot" });
    }
  });

  test("a pinned root of someone else is bad_signature", async () => {
    const made = new Release();
    made.signers.root = keys.targets.slice(0, 2);
    assert.deepEqual(new Set(await reasons(new Release(), {}, made.root())), new Set(["bad_signature"]));
  });

  test("after a retired answer the client asks once more, with fresh blinds", async () => {
    const made = changed({ statuses: { evaluate: 410 } });
    await ask(made);
    assert.equal(made.evaluations, 2);
  });

  test("no server is unreachable", async () => {
    release = new Release();
    const answers = await check(new Server("http://127.0.0.1:1", "public"), "public", pinned, NUMBERS);
    assert.deepEqual(answers.map((one) => one.reason), ["unreachable", "unreachable", "unreachable"]);
  });
});
