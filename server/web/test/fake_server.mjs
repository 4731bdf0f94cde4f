// A channel made from the protocol vectors, and a server in memory that serves it correctly unless a test changes it.

import { ed25519, ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { modules, vectors } from "./built_modules.mjs";

const { canonical } = modules.manifest;
const { olpc } = modules.metadata;
const { Point } = ristretto255;

export const { cases } = vectors("protocol");
export const snapshotCase = cases.find((one) => one.type === "snapshot");
export const numbers = {
  found: Object.keys(snapshotCase.present).filter((name) => name.startsWith("tel:")),
  absent: Object.keys(snapshotCase.absent).filter((name) => name.startsWith("tel:")),
};

/** The buckets of a snapshot in the vectors, with their empty slots. */
export const bucketsOf = (one) =>
  one.buckets.map((entries) => {
    const slots = new Uint8Array(one.slots * 32);
    slots.set(hexToBytes(entries.join("")));
    return slots;
  });

export const secret = Point.Fn.fromBytes(hexToBytes(cases.find((one) => one.type === "check").private_key));
export const otherSecret = Point.Fn.add(secret, 1n);
export const manifestFields = JSON.parse(cases.find((one) => one.type === "manifest").bytes);
export const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
export const publicKeyOf = (scalar) => Point.BASE.multiply(scalar).toBytes();

const json = (value) => utf8ToBytes(JSON.stringify(value));
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");

export function makeKeys(count = 3) {
  return Array.from({ length: count }, () => {
    const { secretKey, publicKey } = ed25519.keygen();
    const value = { keytype: "ed25519", scheme: "ed25519", keyval: { public: bytesToHex(publicKey) } };
    return { secretKey, value, id: bytesToHex(sha256(utf8ToBytes(olpc(value)))) };
  });
}

const KEYS = Object.fromEntries(["root", "targets", "snapshot", "timestamp"].map((role) => [role, makeKeys()]));

/** A server with its keys and files. Tests change its fields or replace its methods. */
export class FakeServer {
  constructor() {
    this.keys = { ...KEYS };
    this.manifest = { ...manifestFields };
    this.versions = { root: 1, timestamp: 10, snapshot: 2, targets: 3 };
    this.expires = { root: 9, timestamp: 1, snapshot: 2, targets: 2, epoch: 9 };
    this.thresholds = { root: 2, targets: 2, snapshot: 1, timestamp: 1 };
    this.signers = {};
    this.secret = secret;
    this.buckets = bucketsOf(snapshotCase).map((slots, i) => concatBytes(slots, hexToBytes(snapshotCase.paths[i])));
    this.statuses = {};
    this.announced = {};
    this.overrides = {};
    this.requests = [];
    /** Whether to serve combined.json, from the same files. */
    this.combined = false;
  }

  /** The signers of a role: the number that its threshold requires, or those that a test has chosen. */
  signersOf(role) {
    return this.signers[role] ?? this.keys[role].slice(0, this.thresholds[role]);
  }

  sign(role, fields) {
    const [version, expires] = [this.versions[role], inDays(this.expires[role])];
    const signed = { _type: role, spec_version: "1.0.31", version, expires, ...fields };
    return signWith(signed, this.signersOf(role));
  }

  root() {
    const roles = Object.entries(this.keys).map(([role, list]) => [
      role,
      { keyids: list.map(({ id }) => id), threshold: this.thresholds[role] },
    ]);
    const named = Object.values(this.keys).flat().map(({ id, value }) => [id, value]);
    return this.sign("root", {
      consistent_snapshot: true,
      keys: Object.fromEntries(named),
      roles: Object.fromEntries(roles),
    });
  }

  manifestBytes() {
    return utf8ToBytes(canonical(this.manifest));
  }

  targets() {
    const data = this.manifestBytes();
    const target = { length: data.length, hashes: { sha256: bytesToHex(sha256(data)) } };
    const custom = { epoch: this.manifest.epoch, serves_until: inDays(this.expires.epoch), ...this.announced };
    return { "manifest.json": target, [`epochs/${this.manifest.epoch}/manifest.json`]: { ...target, custom } };
  }

  files() {
    const { snapshot, targets } = this.versions;
    const digest = bytesToHex(sha256(this.manifestBytes()));
    return {
      "metadata/timestamp.json": this.sign("timestamp", { meta: { "snapshot.json": { version: snapshot } } }),
      [`metadata/${snapshot}.snapshot.json`]: this.sign("snapshot", { meta: { "targets.json": { version: targets } } }),
      [`metadata/${targets}.targets.json`]: this.sign("targets", { targets: this.targets() }),
      [`targets/${digest}.manifest.json`]: this.manifestBytes(),
      ...Object.fromEntries(this.buckets.map((body, i) => [`snapshots/${this.manifest.serial}/buckets/${i}`, body])),
      ...this.overrides,
    };
  }

  /** metadata/combined.json: the text of each metadata file by name, and that of the manifest by its path. */
  combinedBytes() {
    const files = Object.entries(this.files()).filter(([path, data]) => /^metadata\/|manifest/.test(path) && data);
    return json(Object.fromEntries(files.map(([path, data]) => [path.replace("metadata/", ""), Buffer.from(data).toString()])));
  }

  evaluate(body) {
    const blinded = Array.from({ length: body.length / 32 }, (_, i) => body.subarray(i * 32, i * 32 + 32));
    const { voprf } = ristretto255_oprf;
    const made = voprf.blindEvaluateBatch(Point.Fn.toBytes(this.secret), publicKeyOf(this.secret), blinded);
    return concatBytes(...made.evaluated, made.proof);
  }

  /** Replaces `fetch`. A test can set a status for all paths that begin with the same name. */
  fetch = async (url, options = {}) => {
    const path = url.replace(/^.*\/v1\/channels\/public\//, "");
    this.requests.push({ path, options });
    const route = path.split(/[/?]/)[0];
    const answer = this.answer?.(path, options);
    if (answer) return answer;
    const files = path === "metadata/combined.json" && this.combined ? { [path]: this.combinedBytes() } : this.files();
    const body = options.body ? this.evaluate(options.body) : files[path];
    const status = this.statuses[route] ?? (body ? 200 : 404);
    return new Response(status === 200 ? body : "", { status });
  };

  get evaluations() {
    return this.requests.filter(({ path }) => path.startsWith("evaluate"));
  }
}

export function signWith(signed, signers) {
  const bytes = utf8ToBytes(olpc(signed));
  const signatures = signers.map(({ id, secretKey }) => ({
    keyid: id,
    sig: bytesToHex(ed25519.sign(bytes, secretKey)),
  }));
  return json({ signatures, signed });
}
