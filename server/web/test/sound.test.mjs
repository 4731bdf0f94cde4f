// Tests which recorded sentences the page plays, that the script has all of them, and how a packed recording is read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { zh, spellDigits, sentencesFor, readPacked, namesSame, SERVICES, ALL } = await bundled(`
  export { zh } from "./words/zh.ts";
  export { spellDigits } from "./page/read_aloud.ts";
  export { sentencesFor } from "./sound/plan.ts";
  export { readPacked, namesSame } from "./sound/packed.ts";
  export { SERVICES } from "./words/services.ts";
  export { ALL } from "./page/advice.ts";
`);
const SCRIPT = JSON.parse(
  readFileSync(new URL("../../pilookup_server/page_host/sound/sentences.json", import.meta.url), "utf8"),
);
const names = SCRIPT.map(({ name }) => name);
const reasons = [...Object.keys(zh.why), "one of a later version"];

/** An answer of every kind that the page can show. */
function* answers() {
  yield null;
  yield { status: "not_found", as_of: "2026-01-01T00:00:00Z" };
  for (const reason of reasons) if (reason !== "invalid_number") yield { status: "unknown", reason, wait: 90 };
  for (const detail of [...Object.keys(zh.fault), "one of a later version"]) {
    for (const digits of [0, 8, 10, 12, 13]) yield { status: "unknown", reason: "invalid_number", detail, digits };
  }
  const cases = [[], ...ALL.map((code) => [{ kind: "exposure", advice: [code] }])];
  for (const exposed of [true, false]) {
    for (const malicious of [true, false]) {
      for (const accounts of [0, 1, 2, 5, 6, 65535]) {
        for (const some of cases) if (exposed || malicious) yield { status: "found", exposed, malicious, accounts, cases: some };
      }
    }
  }
}

describe("the script of a recording", () => {
  test("has every sentence that the page can play, and no other", () => {
    const played = new Set();
    let count = 0;
    for (const answer of answers()) {
      for (const isOpen of [false, true]) sentencesFor(answer, isOpen).forEach((name) => played.add(name));
      count++;
    }
    assert.ok(count > 200);
    assert.deepEqual([...played].sort(), [...names].sort());
    assert.equal(new Set(names).size, names.length);
  });

  test("says what the page shows, with the digits of telephone numbers one by one", () => {
    const [mark, counted] = [/[\s。，：“”→]/g, { 一: "1", 两: "2", 六: "6", 十一: "11" }];
    const spoken = (text) => text.replace(/(?<=至少有)[一两六](?=个)|十一(?=个)/g, (word) => counted[word]).replace(mark, "");
    const shown = (path) => {
      const [first, ...rest] = path.split(".");
      const code = rest.join(".");
      if (first === "accounts") return zh.accounts(Number(code));
      if (first === "advice") return zh.advice[code.split(".")[0]][code.split(".")[1]];
      return rest.length ? zh[first][code] : zh[first];
    };
    let compared = 0;
    for (const { name, text, words } of SCRIPT) {
      assert.doesNotMatch(text, /[0-9０-９]/, name);
      if (!words) continue;
      const page = words.map((path) => spellDigits(shown(path), "zh")).join("").replace(mark, "");
      assert.ok(page.includes(spoken(text)), `${name}: ${spoken(text)} is not in ${page}`);
      compared++;
    }
    assert.ok(compared > 40);
  });

  test("no sentence has a number but those of services", () => {
    const said = new Set(SCRIPT.flatMap(({ text }) => text.match(/[零幺二三四五六七八九，]{3,}/g) ?? []));
    const digits = (text) => spellDigits(text.replace("-", ""), "zh");
    const known = Object.values(SERVICES).map((value) => digits(value.replace(/[^0-9-]/g, "")));
    for (const number of said) {
      const plain = number.replace(/，/g, "");
      if (plain.length > 2) assert.ok(known.some((one) => one === plain), number);
    }
  });
});

describe("what is played for an answer", () => {
  test("a miss is never called safe, and a failure is neither", () => {
    assert.deepEqual(sentencesFor({ status: "not_found" }, false).slice(0, 2), ["notFound", "notSafe"]);
    for (const reason of reasons) {
      if (reason === "invalid_number") continue;
      const said = sentencesFor({ status: "unknown", reason }, true);
      assert.equal(said[0], "unknown");
      assert.ok(!said.some((name) => /^(found\.|notFound)/.test(name)), reason);
    }
  });

  test("the number of accounts is never said to be more than it is", () => {
    for (let accounts = 0; accounts < 100; accounts++) {
      const said = sentencesFor({ status: "found", exposed: true, malicious: true, accounts, cases: [] }, false);
      const [name] = said.filter((one) => one.startsWith("accounts."));
      assert.ok(Number(name.split(".")[1]) <= accounts);
    }
  });
});

const encode = (header, frames) => {
  const line = new TextEncoder().encode(`${typeof header === "string" ? header : JSON.stringify(header)}\n`);
  const whole = new Uint8Array(line.length + frames.length);
  whole.set(line);
  whole.set(frames, line.length);
  return whole.buffer;
};
const HEADER = {
  format: 1, type: "audio/mpeg", operator: { name: "某局", telephone: "" }, services: {}, sentences: { a: [0, 3], b: [3, 5] },
};
const FRAMES = Uint8Array.from([0, 1, 2, 10, 4, 5, 6, 7]);

describe("a packed recording", () => {
  test("is read", () => {
    const packed = readPacked(encode(HEADER, FRAMES));
    assert.deepEqual(packed.sentences, HEADER.sentences);
    assert.deepEqual(packed.frames, FRAMES);
  });

  for (const [name, change] of Object.entries({
    "of a later format": { format: 2 },
    "of another type": { type: "text/html" },
    "with a sentence beyond its end": { sentences: { a: [3, 6] } },
    "with a sentence before its start": { sentences: { a: [-1, 2] } },
    "with an empty sentence": { sentences: { a: [1, 0] } },
    "with a sentence that is no span": { sentences: { a: "0,3" } },
    "without sentences": { sentences: null },
  })) {
    test(`${name} is refused`, () => {
      assert.throws(() => readPacked(encode({ ...HEADER, ...change }, FRAMES)));
    });
  }

  test("cut anywhere, or with any byte of its header changed, it is refused or its sentences lie within it", () => {
    const whole = new Uint8Array(encode(HEADER, FRAMES));
    const tries = [];
    for (let end = 0; end < whole.length; end++) tries.push(whole.slice(0, end));
    for (let at = 0; at < whole.length - FRAMES.length; at++) {
      for (const value of [0, 10, 34, 45, 48, 57, 125, 255]) {
        const changed = whole.slice();
        changed[at] = value;
        tries.push(changed);
      }
    }
    let refused = 0;
    for (const one of tries) {
      let packed = null;
      try {
        packed = readPacked(one.buffer);
      } catch {
        refused++;
        continue;
      }
      for (const [at, length] of Object.values(packed.sentences)) {
        assert.ok(at >= 0 && length > 0 && at + length <= packed.frames.length);
      }
    }
    assert.ok(refused > whole.length);
  });

  test("is not used where it names another telephone line than the page", () => {
    const packed = (services) => readPacked(encode({ ...HEADER, services }, FRAMES));
    assert.equal(namesSame(packed({}), null), true);
    assert.equal(namesSame(packed({ police: "119" }), null), false);
    assert.equal(namesSame(packed({}), { ...SERVICES, police: "119" }), false);
    assert.equal(namesSame(packed({ police: "119" }), { ...SERVICES, police: "119" }), true);
  });
});
