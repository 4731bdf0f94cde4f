// Tests that both languages have a text for every code of the protocol and the catalogue and for all of index.html.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { zh, en, HALL_WORDS, orderAdvice, preferredLanguage } = await bundled(`
  export { zh } from "./words/zh.ts";
  export { en } from "./words/en.ts";
  export { HALL_WORDS } from "./words/hall.ts";
  export { orderAdvice } from "./page/advice.ts";
  export { preferredLanguage } from "./page/language.ts";
`);
const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const LANGUAGES = { zh, en };

/** The first group of every match. Fails if there is no match, since the test would then check nothing. */
function harvest(text, pattern) {
  const found = [...text.matchAll(pattern)].map((match) => match[1]);
  assert.ok(found.length > 0, `nothing matches ${pattern}`);
  return found;
}

function quotedIn(path, name) {
  const body = harvest(read(path), new RegExp(`^${name}[^=]*= \\{\\n([^}]*)\\}`, "gm"))[0];
  return harvest(body, /"([a-z0-9-]+)"/g);
}

const CATALOGUE = "../../../pilookup/custody/datasets.py";
const HTML = read("../static/index.html");
const CODES = {
  dataClass: quotedIn(CATALOGUE, "DATA_CLASSES"),
  advice: quotedIn(CATALOGUE, "ADVICE"),
  fault: harvest(read("../../../pilookup/identifier/reason.py"), /^ {4}[A-Z_]+ = "([a-z_]+)"$/gm),
  why: harvest(read("../src/protocol/failure.ts"), /^ {2}\| "([a-z_]+)"/gm),
  step: harvest(read("../src/protocol/steps.ts"), /"([a-z]+)"/g),
  fixed: harvest(HTML, /data-words="(\w+)"/g),
  picture: harvest(HTML, /data-alt="(\w+)"/g),
};

for (const [name, words] of Object.entries(LANGUAGES)) {
  for (const [table, codes] of Object.entries(CODES)) {
    test(`${name}: a text for every ${table}`, () => {
      for (const code of codes) assert.ok(words[table][code], `${table}.${code}`);
    });
  }

  test(`${name}: index.html shows every fixed text`, () => {
    assert.deepEqual(Object.keys(words.fixed).sort(), [...new Set(CODES.fixed)].sort());
  });

  test(`${name}: no empty text`, () => {
    const assertNotEmpty = (value, where) => {
      if (typeof value === "string") assert.ok(value.trim(), where);
      else if (value && typeof value === "object") {
        Object.keys(value).forEach((key) => assertNotEmpty(value[key], `${where}.${key}`));
      }
    };
    assertNotEmpty(words, name);
  });

  test(`${name}: "could not check" never sounds like "not found", nor "not found" like "safe"`, () => {
    const inChinese = /没有(查到|找到|这个号码)|不在|安全/;
    const notFound = words.code === "zh" ? inChinese : /not found|not in|does not hold|safe/i;
    const { unknown, notKnown, why, remedy } = words;
    for (const text of [unknown, notKnown, ...Object.values(why), ...Object.values(remedy)]) {
      assert.doesNotMatch(text, notFound);
    }
    assert.doesNotMatch(words.notFound, words.code === "zh" ? /安全|放心/ : /safe|fine/i);
    assert.match(words.notSafe, words.code === "zh" ? /不等于安全/ : /not the same as safe/);
  });
}

test("both languages have the same keys, and functions for the same keys", () => {
  const shape = (value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key])]))
      : typeof value;
  assert.deepEqual(shape(zh), shape(en));
  assert.deepEqual(shape(HALL_WORDS.zh), shape(HALL_WORDS.en));
  for (const code of Object.keys(zh.advice)) assert.equal(zh.advice[code].how.length, en.advice[code].how.length, code);
});

test("Chinese texts use Chinese punctuation", () => {
  const flat = JSON.stringify([zh, HALL_WORDS.zh]);
  assert.doesNotMatch(flat, /[\u4e00-\u9fff][,?()]|[,?()][\u4e00-\u9fff]/);
});

test("the page uses the first language of the browser that it has, otherwise Chinese", () => {
  assert.equal(preferredLanguage(["en-GB", "zh-CN"]), "en");
  assert.equal(preferredLanguage(["de", "zh-Hant-TW", "en"]), "zh");
  for (const tag of ["bo", "za-CN", "yue", "ug"]) assert.equal(preferredLanguage([tag, "en"]), "zh", tag);
  assert.equal(preferredLanguage(["de", "fr"]), "zh");
  assert.equal(preferredLanguage([]), "zh");
  assert.equal(preferredLanguage(["enm", "bof"]), "zh");
});

const CASES = {
  exposure: { kind: "exposure", advice: ["expect-fraud-calls", "answer-96110", "report-110"] },
  malicious: { kind: "malicious-registration", advice: ["check-own-accounts", "complain-12321", "report-110"] },
  unknown: { kind: "exposure", advice: ["dance", "constructor"] },
};

test("one advice is the next step, and all others follow once", () => {
  const { exposure, malicious, unknown } = CASES;
  assert.equal(orderAdvice("exposed", [exposure]).first, "expect-fraud-calls");
  assert.equal(orderAdvice("malicious", [malicious]).first, "check-own-accounts");
  assert.equal(orderAdvice("both", [exposure, malicious]).first, "check-own-accounts");
  assert.equal(orderAdvice("exposed", []).first, "expect-fraud-calls");
  assert.equal(orderAdvice("both", []).first, "check-own-accounts");
  assert.equal(orderAdvice("exposed", [unknown]).first, "expect-fraud-calls");
  for (const cases of [[], [exposure], [malicious], [exposure, malicious, unknown]]) {
    const { first, rest } = orderAdvice("both", cases);
    assert.deepEqual([first, ...rest].sort(), Object.keys(zh.advice).sort());
    const at = (code) => rest.indexOf(code);
    assert.ok(at("report-110") < at("complain-12321"), "the police come before the line for nuisance calls");
  }
});
