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

function parse(data, role) {
  let metadata;
  try {
    metadata = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    throw new Failure("bad_response", `${role}: not JSON`);
  }
  const { signed, signatures } = metadata ?? {};
  if (signed?._type !== role || !Array.isArray(signatures) || !Number.isSafeInteger(signed.version)) {
    throw new Failure("bad_response", `${role}: not metadata of this role`);
  }
  return { signed, signatures, bytes: utf8(olpc(signed)) };
}

function signedBy(root, role, { signatures, bytes }) {
  const { keyids, threshold } = root.roles[role];
  const good = new Set();
  for (const { keyid, sig } of signatures) {
    const key = keyids.includes(keyid) ? root.keys[keyid] : undefined;
    if (key?.keytype === "ed25519" && key.scheme === "ed25519" && verified(key.keyval.public, sig, bytes)) {
      good.add(key.keyval.public);
    }
  }
  if (!(threshold >= 1) || good.size < threshold) throw new Failure("bad_signature", role);
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
  signedBy(root.signed, "root", root);
  for (;;) {
    const data = await fetch(`metadata/${root.signed.version + 1}.root.json`);
    if (data === null) return root.signed;
    const next = parse(data, "root");
    signedBy(root.signed, "root", next);
    signedBy(next.signed, "root", next);
    if (next.signed.version !== root.signed.version + 1) throw new Failure("bad_snapshot", "root version");
    root = next;
  }
}

async function role(fetch, root, name, path, now) {
  const data = await fetch(path);
  if (data === null) throw new Failure("bad_response", path);
  const metadata = parse(data, name);
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
  const timestamp = await role(fetch, root, "timestamp", "metadata/timestamp.json", now);
  notBelow(timestamp.signed.version, seen.timestamp, "timestamp");
  const named = timestamp.signed.meta["snapshot.json"].version;
  notBelow(named, seen.snapshot, "snapshot");
  timestamp.fresh();
  const snapshot = await role(fetch, root, "snapshot", `metadata/${named}.snapshot.json`, now);
  if (snapshot.signed.version !== named) throw new Failure("bad_snapshot", "snapshot version");
  if (Object.keys(snapshot.signed.meta).join() !== "targets.json") throw new Failure("bad_snapshot", "snapshot");
  const listed = snapshot.signed.meta["targets.json"].version;
  notBelow(listed, seen.targets, "targets");
  snapshot.fresh();
  const last = await role(fetch, root, "targets", `metadata/${listed}.targets.json`, now);
  if (last.signed.version !== listed) throw new Failure("bad_snapshot", "targets version");
  last.fresh();
  Object.assign(seen, { timestamp: timestamp.signed.version, snapshot: named, targets: listed });
  return last.signed.targets;
}

// Returns the manifest of the newest epoch, verified.
export async function manifest(fetch, pinned, channel, seen, now = new Date()) {
  const listed = await targets(fetch, pinned, seen, now);
  const target = listed["manifest.json"];
  if (!target) throw new Failure("bad_snapshot", "no manifest.json");
  const digest = target.hashes.sha256;
  const data = await fetch(`targets/${digest}.manifest.json`);
  if (data === null || data.length !== target.length || hex(sha256(data)) !== digest) {
    throw new Failure("bad_snapshot", "manifest.json is not the file that is signed");
  }
  const found = parseManifest(data);
  const own = listed[`epochs/${found.epoch}/manifest.json`];
  if (found.channel !== channel || own?.hashes.sha256 !== digest || own.custom?.epoch !== found.epoch) {
    throw new Failure("bad_snapshot", "the manifest does not belong to its epoch");
  }
  if (!(time(own.custom.serves_until, "serves_until") > now)) throw new Failure("stale", "epoch");
  notBelow(found.serial, seen.serial, "serial");
  Object.assign(seen, { serial: found.serial });
  return found;
}
