// Elements, tokens, labels, buckets and filters, written only from SPEC.md sections 1 to 6. No I/O.

import { gcmsiv } from "@noble/ciphers/aes.js";
import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export { bytesToHex as hex, concatBytes as concat, hexToBytes as unhex, sha256, utf8ToBytes as utf8 };

const { Point } = ristretto255;
const { voprf } = ristretto255_oprf;

// Why a result is unknown, with the reason code of SPEC.md section 11.
export class Failure extends Error {
  constructor(reason, detail = "") {
    super(detail ? `${reason}: ${detail}` : reason);
    this.reason = reason;
  }
}

export function integer(n, size) {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = BigInt(n); i >= 0; i -= 1, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

export const field = (bytes) => concatBytes(integer(bytes.length, 2), bytes);

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const b64url = (bytes) => Buffer.from(bytes).toString("base64url");

// Decodes exactly `size` bytes from their only valid spelling.
export function fromB64url(text, size) {
  if (typeof text !== "string") throw new Failure("bad_response", "not base64url");
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  if (bytes.length !== size || b64url(bytes) !== text) throw new Failure("bad_response", "not base64url");
  return bytes;
}

export function split(bytes, size) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

// --- section 3: OPRF -------------------------------------------------------------------------------------------------

export const blind = (identifier) => voprf.blind(utf8ToBytes(identifier));

// noble's finalize verifies the proof and returns the RFC's hash, which this protocol does not use.
export function verify(publicKey, inputs, blinded, evaluated, proof) {
  const items = blinded.map((one, i) => ({ ...inputs[i], blinded: one, evaluated: evaluated[i] }));
  try {
    voprf.finalizeBatch(items, publicKey, proof);
  } catch {
    throw new Failure("bad_proof");
  }
}

export function unblind(blindBytes, evaluated) {
  const { Fn } = Point;
  return Point.fromBytes(evaluated).multiply(Fn.inv(Fn.fromBytes(blindBytes))).toBytes();
}

// --- section 4: token ------------------------------------------------------------------------------------------------

const bind = (tag, channel, epoch) =>
  concatBytes(field(utf8ToBytes(tag)), field(utf8ToBytes(channel)), field(integer(epoch, 4)));

export const token = (element, channel, epoch) =>
  sha512(concatBytes(bind("pilookup-v1-token", channel, epoch), field(element)));

export function bucketIndex(secret, bits) {
  const top = new DataView(secret.buffer, secret.byteOffset).getUint32(0);
  return bits === 0 ? 0 : top >>> (32 - bits);
}

export const filterKey = (secret) => secret.subarray(16, 24);

// --- section 5: label ------------------------------------------------------------------------------------------------

export function parseLabel(bytes) {
  const bad = (why) => new Failure("bad_snapshot", `label: ${why}`);
  if (bytes.length !== 12) throw bad("not 12 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [flags, month] = [bytes[0], view.getUint16(4)];
  const slots = [6, 8, 10].map((at) => view.getUint16(at));
  const cases = slots.filter((id) => id !== 0);
  if (flags & ~0xc3 || bytes[1] !== 0) throw bad("unknown bits");
  if (!(flags & 0x83)) throw bad("says nothing");
  if (slots.some((id, i) => id !== (cases[i] ?? 0))) throw bad("a gap between cases");
  if (new Set(cases).size !== cases.length) throw bad("a case twice");
  if (flags & 0x80 && (flags !== 0x80 || bytes.subarray(1).some(Boolean))) throw bad("a canary with something else");
  if (flags & 0x40 && cases.length < 3) throw bad("more without three cases");
  if (month > 1200) throw bad("month");
  return {
    exposed: Boolean(flags & 1),
    malicious: Boolean(flags & 2),
    accounts: view.getUint16(2),
    month,
    cases,
    more: Boolean(flags & 0x40),
    canary: Boolean(flags & 0x80),
  };
}

const cipher = (secret, channel, epoch) =>
  gcmsiv(secret.subarray(32, 64), new Uint8Array(12), bind("pilookup-v1-label", channel, epoch));

export const seal = (secret, label, channel, epoch) =>
  concatBytes(secret.subarray(4, 8), cipher(secret, channel, epoch).encrypt(label));

function open(secret, entry, channel, epoch) {
  if (!equal(entry.subarray(0, 4), secret.subarray(4, 8)) || entry.every((byte) => byte === 0)) return null;
  try {
    return cipher(secret, channel, epoch).decrypt(entry.subarray(4));
  } catch {
    return null; // another number's entry under the same tag
  }
}

// Returns the parsed label that is sealed to this token in the slots, or null. Every entry with the tag is tried.
export function find(secret, slots, channel, epoch) {
  for (const entry of split(slots, 32)) {
    const label = open(secret, entry, channel, epoch);
    if (label !== null) return parseLabel(label);
  }
  return null;
}

// --- section 6: snapshot ---------------------------------------------------------------------------------------------

const leafHash = (bucket) => sha256(concatBytes(Uint8Array.of(0), bucket));
const nodeHash = (left, right) => sha256(concatBytes(Uint8Array.of(1), left, right));

// Returns the slots of a bucket's body after verifying its path to the root.
export function checkBody(body, index, { bits, slots }, root) {
  if (body.length !== slots * 32 + bits * 32) throw new Failure("bad_bucket", "size");
  const bucket = body.subarray(0, slots * 32);
  const path = split(body.subarray(slots * 32), 32);
  const top = path.reduce((h, p, k) => ((index >>> k) & 1 ? nodeHash(p, h) : nodeHash(h, p)), leafHash(bucket));
  if (!equal(top, root)) throw new Failure("bad_bucket", "root");
  return bucket;
}
