// Elements, tokens, labels, buckets and filters, written only from SPEC.md sections 1 to 6 and 10. No I/O.

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

// --- section 10: filter ----------------------------------------------------------------------------------------------

const MASK = (1n << 64n) - 1n;

export function parseFilter(bytes) {
  const bad = (why) => new Failure("bad_snapshot", `filter: ${why}`);
  if (bytes.length < 29) throw bad("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  const [version, algorithm, kind, role, nameLength] = [4, 5, 6, 7, 28].map((at) => bytes[at]);
  if (magic !== "PLKF" || version !== 1) throw bad("format");
  if (![8, 16, 32].includes(algorithm)) throw bad("no binary fuse filter");
  if (![1, 2].includes(kind) || ![0, 1].includes(role)) throw bad("kind or role");
  const channel = Buffer.from(bytes.subarray(29, 29 + nameLength)).toString("latin1");
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(channel)) throw bad("channel");
  const head = { algorithm, kind, role, channel, epoch: view.getUint32(8), serial: view.getBigUint64(12) };
  if (head.epoch === 0 || head.serial === 0n || head.serial >= 1n << 53n) throw bad("epoch or serial");
  const body = parseFuse(bytes.subarray(29 + nameLength), algorithm, bad);
  if (body.count !== view.getBigUint64(20)) throw bad("count");
  return { ...head, ...body };
}

// Parses a body: one part, or several by the upper bits of the keys.
function parseFuse(bytes, bits, bad) {
  if (bytes[4] !== 2) {
    const [part, size] = parsePart(bytes, bits, bad);
    if (size !== bytes.length) throw bad("length");
    return { partBits: 0n, parts: [part], count: part.count };
  }
  const end = bytes.length - 32;
  if (end < 16) throw bad("truncated");
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  if (magic !== "PLFF" || bytes[5] !== bits || bytes[7] !== 0) throw bad("body format");
  if (bytes[6] < 1 || bytes[6] > 10) throw bad("number of parts");
  if (!equal(sha256(bytes.subarray(0, end)), bytes.subarray(end))) throw bad("checksum");
  const parts = [];
  let at = 16;
  while (parts.length < 2 ** bytes[6]) {
    const [part, size] = parsePart(bytes.subarray(at, end), bits, bad);
    parts.push(part);
    at += size;
  }
  if (at !== end) throw bad("length");
  const count = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true);
  if (count !== parts.reduce((sum, part) => sum + part.count, 0n)) throw bad("body count");
  return { partBits: BigInt(bytes[6]), parts, count };
}

// Parses the part at the start of bytes; returns it and its size.
function parsePart(bytes, bits, bad) {
  if (bytes.length < 60) throw bad("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  const [exponent, count, segments] = [bytes[6], view.getBigUint64(8, true), view.getUint32(24, true)];
  if (magic !== "PLFF" || bytes[4] !== 1 || bytes[5] !== bits || bytes[7] !== 0) throw bad("body format");
  if (count >= 1n << 32n) throw bad("body count");
  const wanted = shape(Number(count));
  if (exponent !== wanted.exponent || segments !== wanted.segments) throw bad("shape");
  const slots = count === 0n ? 0 : (segments + 2) * 2 ** exponent;
  const end = 28 + (slots * bits) / 8;
  if (bytes.length < end + 32) throw bad("length");
  if (!equal(sha256(bytes.subarray(0, end)), bytes.subarray(end, end + 32))) throw bad("checksum");
  const seed = view.getBigUint64(16, true);
  return [{ bits, count, exponent, segments, seed, table: bytes.subarray(28, end) }, end + 32];
}

// Returns the number of upper bits of a key that determine its part, as a publisher chooses it.
export function partBits(count) {
  let bits = 0;
  while (bits < 10 && count > 2 ** (21 + bits)) bits += 1;
  return bits;
}

const LONGER_FROM = [
  3, 9, 28, 92, 304, 1010, 3362, 11193, 37273, 124118, 413310, 1376322, 4583150, 15261887, 50822082, 169237530,
];

export function shape(count) {
  if (count === 0) return { exponent: 0, segments: 0 };
  const exponent = 2 + LONGER_FROM.filter((from) => from <= count).length;
  const k = 31 - Math.clz32(count);
  const factor = Math.max(1.125, 0.875 + (0.25 * 19.931568569324174) / (k + (count / 2 ** k - 1)));
  const capacity = count === 1 ? 1 : Math.floor(count * factor + 0.5);
  return { exponent, segments: Math.max(1, Math.ceil(capacity / 2 ** exponent) - 2) };
}

// Returns whether a filter key (8 bytes) may be in the set.
export function contains({ parts, partBits }, key) {
  const number = BigInt(`0x${bytesToHex(key)}`);
  return partContains(parts[number >> (64n - partBits)], number);
}

function partContains(filter, key) {
  if (filter.count === 0n) return false;
  const segment = 1n << BigInt(filter.exponent);
  const h = mix((key + filter.seed) & MASK);
  const p0 = (h * (BigInt(filter.segments) * segment)) >> 64n;
  const p1 = (p0 + segment) ^ ((h >> 18n) & (segment - 1n));
  const p2 = (p0 + 2n * segment) ^ (h & (segment - 1n));
  const print = (h ^ (h >> 32n)) & ((1n << BigInt(filter.bits)) - 1n);
  return print === [p0, p1, p2].map((p) => fingerprint(filter, Number(p))).reduce((a, b) => a ^ b);
}

function mix(key) {
  let h = ((key ^ (key >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  h = ((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return h ^ (h >> 33n);
}

function fingerprint({ table, bits }, place) {
  const width = bits / 8;
  const bytes = table.subarray(place * width, (place + 1) * width);
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
