// Filters, and the rules under which they settle a number as absent, written only from SPEC.md section 10. No I/O.

import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal, Failure, hex, integer, sha256, utf8 } from "./protocol.mjs";

const MASK = (1n << 64n) - 1n;

export function parseFilter(bytes) {
  const bad = (why) => new Failure("bad_snapshot", `filter: ${why}`);
  if (bytes.length < 29) throw bad("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  const [version, algorithm, kind, role, nameLength] = [4, 5, 6, 7, 28].map((at) => bytes[at]);
  if (magic !== "PLKF" || version !== 1) throw bad("format");
  if (![1, 8, 16, 32].includes(algorithm)) throw bad("algorithm");
  if (![1, 2].includes(kind) || ![0, 1].includes(role)) throw bad("kind or role");
  const channel = Buffer.from(bytes.subarray(29, 29 + nameLength)).toString("latin1");
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(channel)) throw bad("channel");
  const head = { algorithm, kind, role, channel, epoch: view.getUint32(8), serial: view.getBigUint64(12) };
  if (head.epoch === 0 || head.serial === 0n || head.serial >= 1n << 53n) throw bad("epoch or serial");
  const parse = algorithm === 1 ? parseBloom : parseFuse;
  const body = parse(bytes.subarray(29 + nameLength), algorithm, bad);
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

// A Bloom body (section 10.4).
function parseBloom(bytes, _, bad) {
  if (bytes.length < 40) throw bad("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [slices, size, capacity, count] = [8, 16, 24, 32].map((at) => view.getBigUint64(at, true));
  if (view.getFloat64(0, true) !== 2 ** -16 || slices !== 16n) throw bad("error rate or slices");
  if (capacity < 1n || capacity >= 1n << 40n || count > capacity) throw bad("capacity");
  const wanted = Math.ceil((Number(capacity) * Math.log(2 ** 16)) / (16 * Math.log(2) ** 2));
  if (size !== BigInt(wanted) || bytes.length !== 40 + 2 * wanted) throw bad("length");
  return { bloom: bytes.subarray(40), size: wanted, count };
}

// Returns the 16 positions of a filter key (8 bytes) among the bits of a Bloom filter with `size` bits a slice.
export function bloomBits(size, key) {
  const text = utf8(BigInt(`0x${hex(key)}`).toString());
  const [hash, bytes] = size < 2 ** 15 ? [sha256, 2] : [sha512, size < 2 ** 31 ? 4 : 8];
  const words = [];
  for (let salt = 0; words.length < 16; salt += 1) {
    const digest = hash(concat(hash(integer(salt, 4).reverse()), text));
    for (let at = 0; at < digest.length; at += bytes) words.push(BigInt(`0x${hex(digest.slice(at, at + bytes).reverse())}`));
  }
  return words.slice(0, 16).map((word, slice) => slice * size + Number(word % BigInt(size)));
}

// Returns whether a filter key (8 bytes) may be in the set.
export function contains({ bloom, size, parts, partBits }, key) {
  if (bloom) return bloomBits(size, key).every((bit) => (bloom[bit >> 3] >> (bit & 7)) & 1);
  const number = BigInt(`0x${hex(key)}`);
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

// --- section 10.5: reading -------------------------------------------------------------------------------------------

const KINDS = ["exposure", "malicious-registration"];
const ALGORITHMS = { fuse16: 16, fuse32: 32, fuse8: 8, bloom: 1 };

// Returns a function that says whether a number with a given filter key (8 bytes) is settled as absent. `manifest` has
// channel, epoch, serial and files; `files` maps names to bytes; `canaryKeys` are filter keys of canaries of this
// manifest, from a verified evaluation. Any doubt: the bucket decides, so the function says false.
export function absence(manifest, files, canaryKeys) {
  const kinds = KINDS.map((kind) => settled(kind, manifest, files, canaryKeys));
  return (key) => kinds.every((filters) => filters !== null && filters.every((filter) => !contains(filter, key)));
}

// The filters of a kind, or null if they settle nothing.
function settled(kind, manifest, files, canaryKeys) {
  const listed = (role, algorithm) => manifest.files[`${kind}.${role}.${algorithm}`];
  const names = Object.keys(ALGORITHMS);
  const algorithm = names.find((one) => listed("base", one));
  if (!algorithm || names.some((one) => one !== algorithm && listed("additions", one))) return null;
  try {
    const base = read(kind, "base", algorithm, manifest, files);
    if (canaryKeys.length === 0 || !canaryKeys.every((key) => contains(base, key))) return null;
    const added = listed("additions", algorithm) ? [read(kind, "additions", algorithm, manifest, files)] : [];
    const last = added[0] ?? base;
    return last.serial === BigInt(manifest.serial) && base.serial <= last.serial ? [base, ...added] : null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function read(kind, role, algorithm, manifest, files) {
  const name = `${kind}.${role}.${algorithm}`;
  const data = files[name];
  const { sha256: digest, size } = manifest.files[name];
  if (data?.length !== size || hex(sha256(data)) !== digest) throw new Failure("bad_snapshot", `${name}: another file`);
  const filter = parseFilter(data);
  const wanted = [manifest.channel, manifest.epoch, KINDS.indexOf(kind) + 1, role === "base" ? 0 : 1, ALGORITHMS[algorithm]];
  const said = [filter.channel, filter.epoch, filter.kind, filter.role, filter.algorithm];
  if (said.some((one, i) => one !== wanted[i])) throw new Failure("bad_snapshot", `${name}: of another snapshot`);
  return filter;
}
