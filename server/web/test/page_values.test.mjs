// Tests how the page reads its configuration, and how it formats telephones, addresses, dates, waits and bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { readConfig, telNumber, originOf, summarise, day, month, hexInGroups, zh, en } = await bundled(`
  export { readConfig } from "./page/config.ts";
  export { telNumber } from "./page/advice_view.ts";
  export { originOf } from "./page/footer.ts";
  export { summarise } from "./page/answer_view.ts";
  export { day, month } from "./page/dates.ts";
  export { hexInGroups } from "./page/sent_panel.ts";
  export { zh } from "./words/zh.ts";
  export { en } from "./words/en.ts";
`);

const WHOLE = {
  format: 1,
  server: "",
  buckets: "https://buckets.example",
  channel: "public",
  root: { signed: { _type: "root" }, signatures: [] },
  operator: { name: { zh: "某局", en: "" }, telephone: " 0571-1 ", filing: "", address: "https://check.example" },
};
const read = (change) => readConfig(JSON.stringify({ ...WHOLE, ...change }));

test("a complete configuration is read", () => {
  const config = read({ unknown: [1] });
  const { server, buckets, channel, operator } = WHOLE;
  assert.deepEqual(config.settings, { server, buckets, channel, root: JSON.stringify(WHOLE.root) });
  assert.deepEqual(config.operator, { ...operator, telephone: "0571-1" });
});

test("a missing operator has empty members and is not an error", () => {
  for (const operator of [undefined, null, 7, {}, { name: "x", telephone: 3 }]) {
    assert.deepEqual(read({ operator }).operator, { name: { zh: "", en: "" }, telephone: "", filing: "", address: "" });
  }
});

test("an invalid configuration is refused", () => {
  for (const text of ["", "{", "[]", "null", '"x"', "1"]) assert.equal(readConfig(text), null);
  const broken = [
    { format: 2 },
    { format: "1" },
    { root: null },
    { root: "x" },
    { root: [] },
    { server: "javascript:alert(1)" },
    { server: "data:,x" },
    { server: 3 },
    { buckets: "buckets.example" },
    { channel: "" },
    { channel: null },
  ];
  for (const change of broken) assert.equal(read(change), null, JSON.stringify(change));
});

test("the link dials the first number of a telephone text", () => {
  const texts = {
    "0571-12345678 转 801": "057112345678",
    "电话：0571 1234 5678、0571 8765 4321": "057112345678",
    "（0571）12345678": "057112345678",
    "(0571) 12345678 / 110": "057112345678",
    "+86 571-12345678 ext. 801": "+8657112345678",
    "12315": "12315",
    "无": "",
  };
  for (const [text, number] of Object.entries(texts)) assert.equal(telNumber(text), number, text);
});

test("an address without a scheme is an https address", () => {
  for (const text of ["check.example", "https://check.example", "HTTPS://check.example/", "check.example/below/"]) {
    assert.equal(originOf(text), "https://check.example", text);
  }
  assert.equal(originOf("http://check.example"), "http://check.example");
  assert.equal(originOf("check.example:8443"), "https://check.example:8443");
  assert.equal(originOf("某局 的网址"), "");
});

const nextFor = (answer, telephone, words) => summarise({ status: "unknown", ...answer }, telephone, words).next;

test("the advice mentions the operator's telephone only if there is one", () => {
  const { remedy } = zh;
  for (const [reason, withTelephone, withoutTelephone] of [
    ["bad_proof", remedy.tell, remedy.leave],
    ["stale", remedy.clock, remedy.clockLeave],
    ["not_configured", remedy.setUp, remedy.setUpLeave],
    ["not_started", remedy.open, remedy.open],
  ]) {
    assert.equal(nextFor({ reason }, "12315", zh), withTelephone);
    assert.equal(nextFor({ reason }, "", zh), withoutTelephone);
  }
  const cases = [{ kind: "exposure", advice: ["correct-or-erase"] }];
  const found = { status: "found", exposed: true, malicious: false, cases };
  assert.match(summarise(found, "12315", zh).brief, /电话/);
  assert.doesNotMatch(summarise(found, "", zh).brief, /电话/);
});

test("a wait is shown in minutes, in hours, or as until tomorrow", () => {
  const nextText = (wait, words) => nextFor({ reason: "rate_limited", wait }, "", words);
  const waits = [
    [45, "1 minute.", "1 分钟"],
    [5400, "90 minutes", "90 分钟"],
    [5401, "2 hours", "2 小时"],
    [86_400, "24 hours", "24 小时"],
    [86_401, "tomorrow", "明天"],
  ];
  for (const [seconds, inEnglish, inChinese] of waits) {
    assert.ok(nextText(seconds, en).includes(inEnglish), nextText(seconds, en));
    assert.ok(nextText(seconds, zh).includes(inChinese), nextText(seconds, zh));
  }
});

test("days and months are formatted in both languages", () => {
  assert.equal(day("2026-09-01", zh), "2026年9月1日");
  assert.equal(day("2026-09-01", en), "1 September 2026");
  assert.equal(day("some day", en), "some day");
  assert.equal(month("2024-Q3", zh), "2024 年 7 月到 9 月");
  assert.equal(month("2024-Q1", en), "January to March 2024");
  assert.equal(month("2024-07", zh), "2024 年 7 月");
  assert.equal(month("2024-12", en), "December 2024");
  assert.equal(month("2024-Q5", zh), "2024-Q5");
});

test("bytes are shown in hexadecimal", () => {
  assert.equal(hexInGroups(Uint8Array.of(0, 1, 0xab, 0xff, 16)), "0001abff 10");
  assert.equal(hexInGroups(new Uint8Array()), "");
});
