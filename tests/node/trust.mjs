// TUF metadata under a pinned root, and the manifest (SPEC.md section 9). `fetch(path)` returns bytes, or null for 404.

import { ed25519 } from "@noble/curves/ed25519.js";
import { parseManifest, time } from "./manifest.mjs";
import { Failure, hex, sha256, unhex, utf8 } from "./protocol.mjs";

const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

// OLPC canonical JSON.
export function olpc(value) {
  if (Array.isArray(value)) return `[${value.map(olpc).join(",")}]`;
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Failure("bad_response", "not an integer");
  if (value === null || typeof value !== "object") return String(value);
  const names = Object.keys(value).sort(byCodePoint);
  return `{${names.map((name) => `${olpc(name)}:${olpc(value[name])}`).join(",")}}`;
}

const MAX_BYTES = 4 * 2 ** 20;
const ROLES = ["root", "snapshot", "targets", "timestamp"];

function parse(data, role) {
  try {
    if (data.length > MAX_BYTES) throw new Error("too large");
    const { signed, signatures } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
    checkForm(signed, signatures, role);
    return { signed, signatures, bytes: utf8(olpc(signed)) };
  } catch (error) {
    throw new Failure("bad_response", `${role}: ${error.message}`);
  }
}

function ensure(good, what) {
  if (!good) throw new Error(what);
}

const isVersion = (value) => Number.isSafeInteger(value) && value >= 1;
const different = (values) => new Set(values).size === values.length;

// What section 9.2 calls metadata of a role.
function checkForm(signed, signatures, role) {
  ensure(signed._type === role && /^1(\.|$)/.test(signed.spec_version) && isVersion(signed.version), "not of this role");
  time(signed.expires, "expires");
  ensure(signatures.every(({ keyid, sig }) => typeof keyid === "string" && typeof sig === "string"), "signatures");
  ensure(different(signatures.map(({ keyid }) => keyid)), "a key id twice");
  if (role === "root") {
    ensure(signed.consistent_snapshot === true, "consistent_snapshot");
    ensure(signed.sandbox === undefined, "a sandbox's root");
    for (const { keyids, threshold } of ROLES.map((name) => signed.roles[name])) {
      ensure(different(keyids) && isVersion(threshold), "keyids or threshold");
    }
  }
  if (role === "timestamp") ensure(isVersion(signed.meta["snapshot.json"].version), "meta");
  if (role === "snapshot") ensure(Object.values(signed.meta).every(({ version }) => isVersion(version)), "meta");
  if (role === "targets") ensure(typeof signed.targets === "object", "targets");
}

// Check c of section 9.3: what the file says of itself.
function checkName({ signed }, version) {
  if (signed.version !== version) throw new Failure("bad_snapshot", `${signed._type}: version`);
  if (signed._type === "snapshot" && Object.keys(signed.meta).join() !== "targets.json") {
    throw new Failure("bad_snapshot", "snapshot: lists other metadata than targets.json");
  }
}

const publicKey = (root, id) => {
  const key = root.keys[id];
  return key?.keytype === "ed25519" && key.scheme === "ed25519" ? key.keyval.public.toLowerCase() : undefined;
};

// The key ids of a role name different keys, so that its threshold counts holders.
function checkKeys(root) {
  for (const name of ROLES) {
    const keys = root.roles[name].keyids.map((id) => publicKey(root, id)).filter(Boolean);
    if (!different(keys)) throw new Failure("bad_signature", `root: one key of ${name} twice`);
  }
}

function signedBy(root, role, { signatures, bytes }) {
  const { keyids, threshold } = root.roles[role];
  const good = signatures.filter(({ keyid, sig }) => {
    const key = keyids.includes(keyid) ? publicKey(root, keyid) : undefined;
    return key !== undefined && verified(key, sig, bytes);
  });
  if (good.length < threshold) throw new Failure("bad_signature", role);
}

function verified(publicHex, signatureHex, bytes) {
  try {
    return ed25519.verify(unhex(signatureHex), bytes, unhex(publicHex));
  } catch {
    return false;
  }
}

function notExpired(signed, now) {
  if (!(time(signed.expires, "expires") > now)) throw new Failure("stale", signed._type);
}

function notBelow(version, seen, what) {
  if (version < (seen ?? 0)) throw new Failure("rolled_back", what);
}

async function latestRoot(fetch, pinned) {
  let root = parse(pinned, "root");
  checkKeys(root.signed);
  signedBy(root.signed, "root", root);
  for (;;) {
    const data = await fetch(`metadata/${root.signed.version + 1}.root.json`);
    if (data === null) return root.signed;
    const next = parse(data, "root");
    checkName(next, root.signed.version + 1);
    checkKeys(next.signed);
    signedBy(root.signed, "root", next);
    signedBy(next.signed, "root", next);
    root = next;
  }
}

async function role(fetch, root, name, version, now) {
  const path = `metadata/${version === undefined ? "" : `${version}.`}${name}.json`;
  const data = await fetch(path);
  if (data === null) throw new Failure("bad_response", path);
  const metadata = parse(data, name);
  if (version !== undefined) checkName(metadata, version);
  signedBy(root, name, metadata);
  return { signed: metadata.signed, fresh: () => notExpired(metadata.signed, now) };
}

// Forgets versions seen under other keys, as the TUF specification's recovery from a fast-forward attack does (5.3.11).
function forgetOthers(root, seen) {
  const holders = [root.roles.timestamp, root.roles.snapshot].map(({ keyids }) => [...keyids].sort().join()).join(";");
  if (seen.holders !== holders) for (const name of ["timestamp", "snapshot", "targets"]) delete seen[name];
  seen.holders = holders;
}

// Returns the targets of a verified release. `seen` has the versions that were last trusted, and is updated.
export async function targets(fetch, pinned, seen, now) {
  const root = await latestRoot(fetch, pinned);
  notExpired(root, now);
  forgetOthers(root, seen);
  const timestamp = await role(fetch, root, "timestamp", undefined, now);
  notBelow(timestamp.signed.version, seen.timestamp, "timestamp");
  const named = timestamp.signed.meta["snapshot.json"].version;
  notBelow(named, seen.snapshot, "snapshot");
  timestamp.fresh();
  const snapshot = await role(fetch, root, "snapshot", named, now);
  const listed = snapshot.signed.meta["targets.json"].version;
  notBelow(listed, seen.targets, "targets");
  snapshot.fresh();
  const last = await role(fetch, root, "targets", listed, now);
  last.fresh();
  Object.assign(seen, { timestamp: timestamp.signed.version, snapshot: named, targets: listed });
  return last.signed.targets;
}

// Returns the manifest of the newest epoch, verified.
export async function manifest(fetch, pinned, channel, seen, now = new Date()) {
  const listed = await targets(fetch, pinned, seen, now);
  const target = listed["manifest.json"];
  const digest = target?.hashes?.sha256;
  if (typeof digest !== "string" || !(target.length <= MAX_BYTES)) throw new Failure("bad_snapshot", "no manifest.json");
  const data = await fetch(`targets/${digest}.manifest.json`, "bad_snapshot");
  if (data === null) throw new Failure("bad_response", "no manifest.json");
  if (data.length !== target.length || hex(sha256(data)) !== digest) {
    throw new Failure("bad_snapshot", "manifest.json is not the file that is signed");
  }
  const found = parseManifest(data);
  const own = listed[`epochs/${found.epoch}/manifest.json`];
  if (found.channel !== channel || own?.hashes?.sha256 !== digest || own.custom?.epoch !== found.epoch) {
    throw new Failure("bad_snapshot", "the manifest does not belong to its epoch");
  }
  if (!(time(own.custom.serves_until, "serves_until") > now)) throw new Failure("stale", "epoch");
  notBelow(found.serial, seen.serial, "serial");
  Object.assign(seen, { serial: found.serial });
  return found;
}
