// The number as it is typed: 3-4-4, with a caret that stays where the reader left it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { regroup } = await bundled('export { regroup } from "./page/grouping.ts";');

/** `|` is the caret, in what is typed and in what is shown. */
function edit(typed, before = "", deletion = null) {
  const { text, caret } = regroup({ text: typed.replace("|", ""), caret: typed.indexOf("|") }, before, deletion);
  return `${text.slice(0, caret)}|${text.slice(caret)}`;
}

test("a number typed digit by digit", () => {
  let shown = "|";
  for (const digit of "13800138000") shown = edit(shown.replace("|", `${digit}|`), shown.replace("|", ""));
  assert.equal(shown, "138 0013 8000|");
});

const EDITS = [
  ["pasted plain", "13800138000|", "138 0013 8000|"],
  ["pasted with dashes", "138-0013-8000|", "138 0013 8000|"],
  ["pasted with other spaces", "138\u3000001380\u00a000|", "138 0013 8000|"],
  ["full width", "\uff11\uff13\uff18|", "138|"],
  ["full width, whole", "\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10|", "138 0013 8000|"],
  ["with the country's code", "+8613800138000|", "+86 138 0013 8000|"],
  ["with the country's code in zeros", "008613800138000|", "0086 138 0013 8000|"],
  ["full-width plus", "\uff0b86138001|", "+86 138 001|"],
  ["a digit in the middle", "138 09|13 800", "138 09|13 800"],
  ["a digit that overflows its group", "1389| 0013 800", "138 9|001 3800"],
  ["a landline stays", "010-8888 8888|", "010-8888 8888|"],
  ["a foreign number stays", "+1 (212) 555-0100|", "+1 (212) 555-0100|"],
  ["too many digits stay as typed", "138001380001|", "138001380001|"],
  ["words stay", "手机 138|", "手机 138|"],
  ["86 without a plus stays", "8613800138000|", "8613800138000|"],
];
for (const [name, typed, shown] of EDITS) test(name, () => assert.equal(edit(typed), shown));

test("deleting a gap backwards deletes the digit before it", () => {
  assert.equal(edit("138|0013 8000", "138 0013 8000", "backward"), "13|0 0138 000");
});

test("deleting a gap forwards deletes the digit behind it", () => {
  assert.equal(edit("138|0013 8000", "138 0013 8000", "forward"), "138| 0138 000");
});

test("the same number pasted over itself stays whole", () => {
  assert.equal(edit("1380013|", "138 0013"), "138 0013|");
  assert.equal(edit("13800138000|", "138 0013 8000"), "138 0013 8000|");
});

test("deleting one digit at a time empties the field", () => {
  let text = "138 0013 8000";
  for (let steps = 0; text; steps++) {
    assert.ok(steps < 11, "a deletion deleted nothing");
    text = regroup({ text: text.slice(0, -1), caret: text.length - 1 }, text, "backward").text;
  }
});

test("any text and caret: digits and their order stay, the caret stays inside", () => {
  const signs = ["1", "3", "8", "0", "9", " ", "-", "+", "8", "0", "x"];
  let seed = 7;
  const next = (bound) => (seed = (seed * 48271) % 2147483647) % bound;
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: next(16) }, () => signs[next(signs.length)]).join("");
    const caret = next(text.length + 1);
    const shown = regroup({ text, caret });
    assert.equal(shown.text.replace(/[ -]/g, ""), text.normalize("NFKC").replace(/[ -]/g, ""));
    assert.ok(shown.caret >= 0 && shown.caret <= shown.text.length);
    const before = shown.text.slice(0, shown.caret).replace(/[ -]/g, "").length;
    assert.equal(before, text.slice(0, caret).replace(/[ -]/g, "").length);
    assert.deepEqual(regroup(shown, shown.text, "backward"), shown, "grouping twice changes nothing");
  }
});
