// Runs tests/vectors/identifier.json through the page's canonicalisation.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadForeign, modules, vectors } from "./built_modules.mjs";

const { canonicalise } = modules.identifier;
const { REASONS } = modules.reason;
const { cases } = vectors("identifier");
const foreign = await loadForeign();
let loads = 0;
const library = () => {
  loads += 1;
  return foreign;
};
const outcome = (text, region = "CN") => {
  const found = canonicalise(text, region, library);
  return found.text ?? found.reason;
};

test("there are vectors for every outcome", () => {
  assert.ok(cases.length >= 200);
  assert.deepEqual(new Set(cases.map(({ reason }) => reason)), new Set([...REASONS, null]));
});

describe("vectors", () => {
  for (const { text, region, identifier, reason, note, optional } of cases) {
    test(`${note}: ${JSON.stringify(text)} ${region}`, () => {
      const found = outcome(text, region);
      // Without + the page reads no foreign number: it has no patterns of valid ones.
      if (optional) assert.ok(REASONS.includes(found));
      else assert.equal(found, identifier ?? reason);
    });
  }
});

describe("the canonical form of an identifier is the identifier", () => {
  for (const { identifier, region } of cases.filter((one) => one.identifier)) {
    test(`${identifier} ${region}`, () => assert.equal(outcome(identifier, region), identifier));
  }
});

test("numbers of China do not need the library", () => {
  loads = 0;
  const texts = [
    "13800138000", "+86 138-0013-8000", "010-12345678", "+861012345678", "4008001234", "12345", "1380013800",
  ];
  texts.forEach((text) => outcome(text));
  assert.equal(loads, 0);
  outcome("+44 20 7031 3000");
  assert.ok(loads > 0);
});

test("any text has an outcome in bounded time", () => {
  for (const fragment of ["1", "(", "手机", "1 ", "tel:", "转1"]) assert.equal(outcome(fragment.repeat(5000)), "too_long");
  for (const fragment of ["1", "(", "手机", "1 ", "tel:", "转1", "手机 ", "x1", "+", "é", "- "]) {
    const text = fragment.repeat(100).slice(0, 100);
    assert.ok(outcome(text));
  }
  for (const text of ["\ud800", "\0", "1\ud8003800138000", "13800138000\0", ""]) assert.ok(outcome(text));
});

test("decimal digits of every script are accepted", () => {
  for (let code = 0; code < 0x110000; code += 1) {
    const character = code >= 0xd800 && code < 0xe000 ? "" : String.fromCodePoint(code);
    if (/\p{Nd}/u.test(character)) {
      const value = outcome(`1380013800${character}`);
      assert.match(value, /^tel:\+861380013800[0-9]$/, code.toString(16));
    }
  }
});
