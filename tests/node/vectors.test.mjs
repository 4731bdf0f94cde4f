// Runs tests/vectors/protocol.json through the second client.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { canonical, parseManifest } from "./manifest.mjs";
import * as filters from "./filters.mjs";
import * as messages from "./messages.mjs";
import * as protocol from "./protocol.mjs";
import { olpc } from "./trust.mjs";
import { bucketsOf, cases } from "./vectors.mjs";

const { concat, hex, sha256, unhex, utf8 } = protocol;
const { Point } = ristretto255;

function vectors(type, run) {
  const found = cases.filter((one) => one.type === type);
  assert.ok(found.length > 0, `no ${type} vectors`);
  describe(type, () => found.forEach((one) => test(`${one.operation ?? ""} ${one.name}`, () => run(one))));
}

const TAG = concat(utf8("HashToGroup-OPRFV1-"), Uint8Array.of(1), utf8("-ristretto255-SHA512"));
const scalar = (text) => Point.Fn.fromBytes(unhex(text));
const hashToGroup = (identifier) => ristretto255_hasher.hashToCurve(utf8(identifier), { DST: TAG });
const times = (point, factor) => hex(point.multiply(scalar(factor)).toBytes());

vectors("check", (one) => {
  assert.equal(times(Point.BASE, one.private_key), one.public_key);
  assert.equal(times(hashToGroup(one.identifier), one.blind), one.blinded_element);
  assert.equal(times(Point.fromHex(one.blinded_element), one.private_key), one.evaluated_element);
  const input = { input: utf8(one.identifier), blind: unhex(one.blind) };
  const [blinded, evaluated] = [unhex(one.blinded_element), unhex(one.evaluated_element)];
  protocol.verify(unhex(one.public_key), [input], [blinded], [evaluated], unhex(one.proof));
  const element = protocol.unblind(unhex(one.blind), evaluated);
  assert.equal(hex(element), one.element);
  const secret = protocol.token(element, one.channel, one.epoch);
  assert.equal(hex(secret), one.token);
  for (const [bits, index] of Object.entries(one.bucket_index)) {
    assert.equal(protocol.bucketIndex(secret, Number(bits)), index);
  }
  assert.equal(hex(protocol.filterKey(secret)), one.filter_key);
  assert.equal(hex(protocol.seal(secret, unhex(one.label_bytes), one.channel, one.epoch)), one.entry);
  assert.equal(one.entry.slice(0, 8), one.tag);
  assert.deepEqual(protocol.find(secret, unhex(one.entry), one.channel, one.epoch), one.label);
});

vectors("batch", (one) => {
  const inputs = one.identifiers.map((name, i) => ({ input: utf8(name), blind: unhex(one.blinds[i]) }));
  const [blinded, evaluated] = [one.blinded_elements, one.evaluated_elements].map((list) => list.map(unhex));
  inputs.forEach((_, i) => assert.equal(times(hashToGroup(one.identifiers[i]), one.blinds[i]), hex(blinded[i])));
  protocol.verify(unhex(one.public_key), inputs, blinded, evaluated, unhex(one.proof));
  const elements = inputs.map((input, i) => hex(protocol.unblind(input.blind, evaluated[i])));
  assert.deepEqual(elements, one.elements);
  const swapped = [evaluated[1], evaluated[0], ...evaluated.slice(2)];
  const wrong = () => protocol.verify(unhex(one.public_key), inputs, blinded, swapped, unhex(one.proof));
  assert.throws(wrong, { reason: "bad_proof" });
  const answer = JSON.parse(one.response_json);
  assert.deepEqual(answer.elements.map((text) => hex(protocol.fromB64url(text, 32))), one.evaluated_elements);
  assert.equal(hex(protocol.fromB64url(answer.proof, 64)), one.proof);
  assert.deepEqual(JSON.parse(one.request_json).elements, blinded.map(protocol.b64url));
  assert.equal(one.response_octets, one.evaluated_elements.join("") + one.proof);
});

vectors("label", (one) => assert.deepEqual(protocol.parseLabel(unhex(one.bytes)), one.label));

vectors("snapshot", (one) => {
  const [geometry, buckets] = [{ bits: one.bucket_bits, slots: one.slots }, bucketsOf(one)];
  assert.equal(hex(sha256(concat(...buckets))), one.buckets_bin_sha256);
  const verified = buckets.map((bucket, i) =>
    protocol.checkBody(concat(bucket, unhex(one.paths[i])), i, geometry, unhex(one.root)),
  );
  const absent = Object.values(one.absent).map((token) => ({ token, label_bytes: null }));
  for (const { token, label_bytes } of [...Object.values(one.present), ...absent]) {
    const secret = unhex(token);
    const slots = verified[protocol.bucketIndex(secret, one.bucket_bits)];
    const wanted = label_bytes && protocol.parseLabel(unhex(label_bytes));
    assert.deepEqual(protocol.find(secret, slots, one.channel, one.epoch), wanted);
  }
});

vectors("manifest", (one) => {
  const data = utf8(one.bytes);
  assert.equal(hex(sha256(data)), one.sha256);
  assert.equal(canonical(one.fields), one.bytes);
  const { publicKey, rootHash, ...fields } = parseManifest(data);
  assert.deepEqual(fields, one.fields);
  assert.deepEqual([protocol.b64url(publicKey), protocol.b64url(rootHash)], [fields.public_key, fields.root]);
});

vectors("filter", (one) => {
  const made = filters.parseFilter(unhex(one.file));
  assert.deepEqual([made.algorithm, made.role, made.channel], [one.algorithm, one.role, one.channel]);
  assert.deepEqual([made.epoch, Number(made.serial), Number(made.count)], [one.epoch, one.serial, one.count]);
  for (const [key, answer] of Object.entries(one.answers)) assert.equal(filters.contains(made, unhex(key)), answer);
});

vectors("bloom", (one) => {
  for (const [key, bits] of Object.entries(one.bits)) assert.deepEqual(filters.bloomBits(one.bits_a_slice, unhex(key)), bits);
});

vectors("absence", ({ channel, epoch, serial, ...one }) => {
  const manifest = { channel, epoch, serial, files: one.listed };
  const files = Object.fromEntries(Object.entries(one.files).map(([name, data]) => [name, unhex(data)]));
  const isAbsent = filters.absence(manifest, files, one.canary_keys.map(unhex));
  for (const [key, wanted] of Object.entries(one.absent)) assert.equal(isAbsent(unhex(key)), wanted, key);
  const noCanary = filters.absence(manifest, files, []);
  for (const key of Object.keys(one.absent)) assert.equal(noCanary(unhex(key)), false);
});

vectors("proof-of-work", (one) => {
  const { counter, derivedKey, header } = messages.solve(one.problem);
  assert.deepEqual([counter, derivedKey], [one.counter, one.derived_key]);
  const read = (text) => JSON.parse(Buffer.from(text, "base64"));
  assert.deepEqual(read(header), read(one.header));
});

vectors("range", (one) => {
  const { bucket_bits: bits, slots, index } = one;
  assert.deepEqual(one.bucket, [index * slots * 32, slots * 32]);
  const offset = (k) => (2 ** (bits + 1) - 2 ** (bits + 1 - k)) * 32;
  const path = Array.from({ length: bits }, (_, k) => [offset(k) + ((index >> k) ^ 1) * 32, 32]);
  assert.deepEqual(one.path, path);
  assert.deepEqual([one.buckets_bin_size, one.tree_bin_size], [2 ** bits * slots * 32, (2 ** (bits + 1) - 1) * 32]);
});

vectors("shape", (one) => {
  const { exponent, segments } = filters.shape(one.count);
  assert.deepEqual([exponent, segments], [one.exponent, one.segments]);
});

vectors("parts", (one) => {
  assert.equal(filters.partBits(one.count), one.part_bits);
});

vectors("find", (one) => {
  const wanted = one.label_bytes && protocol.parseLabel(unhex(one.label_bytes));
  assert.deepEqual(protocol.find(unhex(one.token), unhex(one.slots), one.channel, one.epoch), wanted);
});

const OPERATIONS = {
  label: (one) => protocol.parseLabel(unhex(one.bytes)),
  manifest: (one) => parseManifest(utf8(one.bytes)),
  filter: (one) => filters.parseFilter(unhex(one.file)),
  find: (one) => protocol.find(unhex(one.token), unhex(one.slots), one.channel, one.epoch),
  bucket: (one) =>
    protocol.checkBody(unhex(one.body), one.index, { bits: one.bucket_bits, slots: one.slots }, unhex(one.root)),
  response: (one) =>
    one.json === undefined
      ? messages.answerFromOctets(unhex(one.octets), one.sent)
      : messages.answerFromJson(one.json, one.epoch, one.sent),
  verify: (one) => {
    const input = { input: utf8("any"), blind: Point.Fn.toBytes(1n) };
    const [blinded, evaluated] = [unhex(one.blinded_element), unhex(one.evaluated_element)];
    protocol.verify(unhex(one.public_key), [input], [blinded], [evaluated], unhex(one.proof));
  },
};

vectors("negative", (one) => {
  if (one.operation === "request") return; // such a request is refused by a server
  assert.throws(() => OPERATIONS[one.operation](one), { reason: one.error });
});

// Returns a filter file of 2^bits parts without keys.
function emptyParts(bits) {
  const digested = (bytes) => concat(bytes, sha256(bytes));
  const part = digested(concat(utf8("PLFF"), Uint8Array.of(1, 16, 0, 0), new Uint8Array(20)));
  const parts = new Array(2 ** bits).fill(part);
  const body = digested(concat(utf8("PLFF"), Uint8Array.of(2, 16, bits, 0), new Uint8Array(8), ...parts));
  const numbers = concat(protocol.integer(3, 4), protocol.integer(7, 8), protocol.integer(0, 8));
  return concat(utf8("PLKF"), Uint8Array.of(1, 16, 1, 0), numbers, Uint8Array.of(6), utf8("public"), body);
}

test("a filter has at most 2^10 parts", () => {
  const made = filters.parseFilter(emptyParts(10));
  assert.deepEqual([made.partBits, made.parts.length, made.count], [10n, 1024, 0n]);
  assert.throws(() => filters.parseFilter(emptyParts(11)), { reason: "bad_snapshot", message: /number of parts/ });
});

test("OLPC canonical JSON sorts by code points and refuses fractions", () => {
  const value = { b: [1, true, null, 'q"\\\n'], a: { "\u{1f600}": 0, "\uffff": -1 } };
  assert.equal(olpc(value), '{"a":{"\uffff":-1,"\u{1f600}":0},"b":[1,true,null,"q\\"\\\\\n"]}');
  assert.throws(() => olpc(1.5), { reason: "bad_response" });
});
