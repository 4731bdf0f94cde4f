// Tests that the field groups a number as 3-4-4 while it is typed, and that the caret keeps its position.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { regroup } = await bundled('export { regroup } from "./page/grouping.ts";');

/** Apply an edit. `|` marks the caret, in what is typed and in what is shown. */
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
  ["with the calling code", "+8613800138000|", "+86 138 0013 8000|"],
  ["with the calling code after 00", "008613800138000|", "0086 138 0013 8000|"],
  ["full-width plus", "\uff0b86138001|", "+86 138 001|"],
  ["a digit in the middle", "138 09|13 800", "138 09|13 800"],
  ["a digit that overflows its group", "1389| 0013 800", "138 9|001 3800"],
  ["a landline number is unchanged", "010-8888 8888|", "010-8888 8888|"],
  ["a foreign number is unchanged", "+1 (212) 555-0100|", "+1 (212) 555-0100|"],
  ["too many digits are unchanged", "138001380001|", "138001380001|"],
  ["words are unchanged", "手机 138|", "手机 138|"],
  ["86 without a plus is unchanged", "8613800138000|", "8613800138000|"],
];
for (const [name, typed, shown] of EDITS) test(name, () => assert.equal(edit(typed), shown));

test("deleting a space backward deletes the digit before it", () => {
  assert.equal(edit("138|0013 8000", "138 0013 8000", "backward"), "13|0 0138 000");
});

test("deleting a space forward deletes the digit after it", () => {
  assert.equal(edit("138|0013 8000", "138 0013 8000", "forward"), "138| 0138 000");
});

test("a number pasted over itself keeps all digits", () => {
  assert.equal(edit("1380013|", "138 0013"), "138 0013|");
  assert.equal(edit("13800138000|", "138 0013 8000"), "138 0013 8000|");
});

test("deleting one digit at a time empties the field", () => {
  let text = "138 0013 8000";
  for (let steps = 0; text; steps++) {
    assert.ok(steps < 11, "a deletion did not delete a digit");
    text = regroup({ text: text.slice(0, -1), caret: text.length - 1 }, text, "backward").text;
  }
});

test("for any text and caret, the digits keep their order and the caret stays inside the text", () => {
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
    assert.deepEqual(regroup(shown, shown.text, "backward"), shown, "a second grouping changes nothing");
  }
});
