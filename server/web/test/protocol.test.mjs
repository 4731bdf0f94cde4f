// Runs tests/vectors/protocol.json and the vectors of the RFCs through the page's protocol code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { gcmsiv } from "@noble/ciphers/aes.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { modules, vectors as read } from "./built_modules.mjs";
import { bucketsOf, cases } from "./fake_server.mjs";

const { bucket, bytes, label, manifest, metadata, oprf, token, trust } = modules;
const { concat, field, fromHex, hex, utf8 } = bytes;
const { Point } = ristretto255;
const scalar = (text) => Point.Fn.fromBytes(fromHex(text));

// The bundled modules have their own copy of noble, so elements are passed to them as bytes.
const blindWith = (input, blind) => oprf.blindWith(input, scalar(blind));
const verify = (key, inputs, evaluated, proof) =>
  new oprf.PublicKey(fromHex(key)).verify(inputs, fromHex(evaluated.join("")), fromHex(proof));

function vectors(type, run) {
  const found = cases.filter((one) => one.type === type);
  assert.ok(found.length > 0, `no ${type} vectors`);
  describe(type, () => found.forEach((one) => test(`${one.operation ?? ""} ${one.name}`, () => run(one))));
}

vectors("check", (one) => {
  const input = blindWith(utf8(one.identifier), one.blind);
  assert.equal(hex(input.bytes), one.blinded_element);
  const [element] = verify(one.public_key, [input], [one.evaluated_element], one.proof);
  const unblinded = oprf.unblind(input.blind, element);
  assert.equal(hex(unblinded), one.element);
  const secret = token.deriveToken(unblinded, one.channel, one.epoch);
  assert.equal(hex(secret), one.token);
  for (const [bits, index] of Object.entries(one.bucket_index)) {
    assert.equal(token.bucketIndex(secret, Number(bits)), index);
  }
  assert.equal(hex(token.tagOf(secret)), one.tag);
  assert.deepEqual(label.findLabel(secret, fromHex(one.entry), one.channel, one.epoch), one.label);
});

vectors("batch", (one) => {
  const inputs = one.identifiers.map((name, i) => blindWith(utf8(name), one.blinds[i]));
  assert.deepEqual(inputs.map((input) => hex(input.bytes)), one.blinded_elements);
  const elements = verify(one.public_key, inputs, one.evaluated_elements, one.proof);
  assert.deepEqual(elements.map((element, i) => hex(oprf.unblind(inputs[i].blind, element))), one.elements);
  const [first, second, ...rest] = one.evaluated_elements;
  assert.throws(() => verify(one.public_key, inputs, [second, first, ...rest], one.proof), { reason: "bad_proof" });
});

vectors("label", (one) => assert.deepEqual(label.parseLabel(fromHex(one.bytes)), one.label));

vectors("snapshot", (one) => {
  const geometry = { bits: one.bucket_bits, slots: one.slots };
  const verified = bucketsOf(one).map((slots, i) =>
    bucket.verifyBucket(concat(slots, fromHex(one.paths[i])), i, geometry, fromHex(one.root)),
  );
  const absent = Object.values(one.absent).map((secret) => ({ token: secret, label_bytes: null }));
  for (const { token: text, label_bytes } of [...Object.values(one.present), ...absent]) {
    const secret = fromHex(text);
    const slots = verified[token.bucketIndex(secret, one.bucket_bits)];
    const wanted = label_bytes && label.parseLabel(fromHex(label_bytes));
    assert.deepEqual(label.findLabel(secret, slots, one.channel, one.epoch), wanted);
  }
});

vectors("manifest", (one) => {
  assert.equal(manifest.canonical(one.fields), one.bytes);
  // `details` is the entry of cases.json in `files`.
  const { cases: catalogue, details, geometry, publicKey, root, ...plain } = manifest.parseManifest(utf8(one.bytes));
  assert.deepEqual(details, one.fields.files["cases.json"] ?? null);
  const { fields } = one;
  assert.deepEqual([...catalogue.values()], fields.datasets);
  assert.deepEqual(geometry, { bits: fields.bucket_bits, slots: fields.slots });
  const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
  assert.deepEqual([publicKey, root].map(base64url), [fields.public_key, fields.root]);
  for (const [name, value] of Object.entries(plain)) assert.deepEqual(value, fields[name]);
});

vectors("find", (one) => {
  const wanted = one.label_bytes && label.parseLabel(fromHex(one.label_bytes));
  assert.deepEqual(label.findLabel(fromHex(one.token), fromHex(one.slots), one.channel, one.epoch), wanted);
});

const OPERATIONS = {
  label: (one) => label.parseLabel(fromHex(one.bytes)),
  manifest: (one) => trust.publicKey(manifest.parseManifest(utf8(one.bytes))),
  find: (one) => label.findLabel(fromHex(one.token), fromHex(one.slots), one.channel, one.epoch),
  bucket: (one) =>
    bucket.verifyBucket(fromHex(one.body), one.index, { bits: one.bucket_bits, slots: one.slots }, fromHex(one.root)),
  verify: (one) => {
    const input = pageBlinded(one.blinded_element);
    verify(one.public_key, [input], [one.evaluated_element], one.proof);
  },
};
// Operations that the page does not have: refusing a request, reading a filter file, and reading an answer in JSON.
const NOT_IN_THE_PAGE = ["request", "filter", "response"];

vectors("negative", (one) => {
  if (NOT_IN_THE_PAGE.includes(one.operation)) return;
  assert.throws(() => OPERATIONS[one.operation](one), { reason: one.error });
});

// A blinded element in the form that the page's code uses, with blind 1. The element is decoded as a public key is.
function pageBlinded(text) {
  return { element: new oprf.PublicKey(fromHex(text)).point, bytes: fromHex(text), blind: 1n };
}

describe("RFC 9497, ristretto255-SHA512, VOPRF", () => {
  const suite = read("rfc9497").suites.find(({ mode }) => mode === "voprf");
  assert.ok(suite.cases.length > 0);
  suite.cases.forEach((one, n) => {
    test(`vector ${n + 1}`, () => {
      const inputs = one.inputs.map((input, i) => blindWith(fromHex(input), one.blinds[i]));
      assert.deepEqual(inputs.map((input) => hex(input.bytes)), one.blinded_elements);
      const elements = verify(suite.public_key, inputs, one.evaluated_elements, one.proof);
      const outputs = elements.map((element, i) => {
        const unblinded = oprf.unblind(inputs[i].blind, element);
        return hex(sha512(concat(field(fromHex(one.inputs[i])), field(unblinded), utf8("Finalize"))));
      });
      assert.deepEqual(outputs, one.outputs);
    });
  });
});

describe("RFC 9496: invalid encodings of elements", () => {
  const { invalid } = read("rfc9496");
  assert.ok(invalid.length > 0);
  const { public_key, proof, blinded_element } = cases.find((one) => one.type === "check");
  const input = pageBlinded(blinded_element);
  for (const { encoding, why } of [...invalid, { encoding: "00".repeat(32), why: "the identity" }]) {
    test(`${why}: ${encoding}`, () => {
      assert.throws(() => verify(public_key, [input], [encoding], proof), { reason: "bad_proof" });
      assert.throws(() => new oprf.PublicKey(fromHex(encoding)), { reason: "bad_proof" });
    });
  }
});

test("every blind is different, and unblinding gives the same element", () => {
  const key = scalar(cases.find((one) => one.type === "check").private_key);
  const input = utf8("tel:+8613800138000");
  const found = [1, 2, 3, 4].map(() => oprf.blind(input));
  assert.equal(new Set(found.map(({ bytes: sent }) => hex(sent))).size, 4);
  const elements = found.map(({ blind, bytes: sent }) => {
    const evaluated = Point.fromBytes(sent).multiply(key).toBytes();
    return hex(oprf.unblind(blind, new oprf.PublicKey(evaluated).point));
  });
  assert.equal(new Set(elements).size, 1);
});

test("all entries with the token's tag are tried", () => {
  const secret = sha512(utf8("a token"));
  const aad = token.binding("pilookup-v1-label", "public", 3);
  const seal = (key) => gcmsiv(key, new Uint8Array(12), aad).encrypt(fromHex("010000000000000000000000"));
  const entry = (key) => concat(secret.subarray(4, 8), seal(key));
  const [other, own] = [entry(sha256(utf8("another"))), entry(secret.subarray(32, 64))];
  assert.equal(label.findLabel(secret, concat(other, own), "public", 3).exposed, true);
  assert.equal(label.findLabel(secret, other, "public", 3), null);
  assert.equal(label.findLabel(secret, own, "platform", 3), null);
  assert.equal(label.findLabel(secret, own, "public", 4), null);
});

test("only the canonical base64url encoding is accepted", () => {
  const text = Buffer.from(sha256(utf8("x"))).toString("base64url");
  assert.equal(hex(bytes.fromBase64url(text, 32, "bad_response")), hex(sha256(utf8("x"))));
  for (const wrong of [`${text}=`, text.slice(1), `${text.slice(0, -1)}+`, "", 7, null, ` ${text.slice(1)}`]) {
    assert.throws(() => bytes.fromBase64url(wrong, 32, "bad_response"), { reason: "bad_response" });
  }
  const spare = text.slice(0, -1) + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(text.slice(-1)) ^ 1];
  assert.throws(() => bytes.fromBase64url(spare, 32, "bad_response"), { reason: "bad_response" });
});

test("OLPC canonical JSON", () => {
  const value = { b: [1, true, null, 'q"\\\n'], a: { "b.json": 0, "a": -1, "b": 2 } };
  const wanted = '{"a":{"a":-1,"b":2,"b.json":0},"b":[1,true,null,"q\\"\\\\\n"]}';
  assert.equal(metadata.olpc(value), wanted);
  assert.throws(() => metadata.olpc(1.5), { reason: "bad_response" });
});

test("titles: the list of SPEC.md decides, not the browser's Unicode", () => {
  const one = JSON.parse(cases.find(({ type }) => type === "manifest").bytes);
  const read = (text) => {
    one.datasets[0].title.en = text;
    return manifest.parseManifest(utf8(manifest.canonical(one))).cases.get(1).title.en;
  };
  const text = readFileSync(new URL("../../../SPEC.md", import.meta.url), "utf8");
  const list = text.split("A title may not contain")[1].split("A code is")[0].split(":\n\n")[1];
  const ranges = [...list.matchAll(/([0-9A-F]{4,6})(?:-([0-9A-F]{4,6}))?/g)].map(([, a, b]) => [a, b ?? a].map((x) => parseInt(x, 16)));
  assert.ok(ranges.length > 25);
  for (const [first, last] of ranges) {
    for (const point of [first, last]) assert.throws(() => read(`a${String.fromCodePoint(point)}b`), { reason: "bad_snapshot" });
    for (const point of [first - 1, last + 1]) {
      if (point >= 0 && point < 0x110000 && !ranges.some(([a, b]) => a <= point && point <= b)) {
        assert.equal(read(`a${String.fromCodePoint(point)}b`), `a${String.fromCodePoint(point)}b`);
      }
    }
  }
  for (const letter of ["\u{31350}", "\u{2ebf0}", "\u0378", "a b"]) assert.equal(read(letter), letter);
});

test("a canary's label is exactly the flag", () => {
  assert.equal(label.parseLabel(fromHex(`80${"00".repeat(11)}`)).canary, true);
  for (const wrong of [`81${"00".repeat(11)}`, `800000${"01".padEnd(18, "0")}`, `80${"00".repeat(5)}0001${"00".repeat(4)}`]) {
    assert.throws(() => label.parseLabel(fromHex(wrong)), { reason: "bad_snapshot" });
  }
});

test("invalid manifests raise only a Failure", () => {
  const one = utf8(cases.find(({ type }) => type === "manifest").bytes);
  let refused = 0;
  for (let at = 0; at < one.length; at += 1) {
    const flipped = Uint8Array.from(one, (byte, i) => (i === at ? byte ^ (1 << at % 8) : byte));
    for (const data of [one.subarray(0, at), flipped]) {
      try {
        manifest.parseManifest(data);
      } catch (error) {
        assert.equal(error.reason, "bad_snapshot");
        refused += 1;
      }
    }
  }
  assert.ok(refused > one.length);
});
