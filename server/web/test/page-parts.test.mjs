// The page's own reading of configuration, dates and bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./page-bundle.mjs";

const { readConfig, day, month, hex, zh, en } = await bundled(`
  export { readConfig } from "./page/settings.ts";
  export { day, month } from "./page/dates.ts";
  export { hex } from "./page/sent.ts";
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

test("a whole configuration", () => {
  const config = read({ unheard: [1] });
  const { server, buckets, channel, operator } = WHOLE;
  assert.deepEqual(config.settings, { server, buckets, channel, root: JSON.stringify(WHOLE.root) });
  assert.deepEqual(config.operator, { ...operator, telephone: "0571-1" });
});

test("an operator who is not configured is empty, not a fault", () => {
  for (const operator of [undefined, null, 7, {}, { name: "x", telephone: 3 }]) {
    assert.deepEqual(read({ operator }).operator, { name: { zh: "", en: "" }, telephone: "", filing: "", address: "" });
  }
});

test("a broken configuration is none", () => {
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

test("days and months in both languages", () => {
  assert.equal(day("2026-09-01", zh), "2026年9月1日");
  assert.equal(day("2026-09-01", en), "1 September 2026");
  assert.equal(day("some day", en), "some day");
  assert.equal(month("2024-Q3", zh), "2024 年 7 月到 9 月");
  assert.equal(month("2024-Q1", en), "January to March 2024");
  assert.equal(month("2024-07", zh), "2024 年 7 月");
  assert.equal(month("2024-12", en), "December 2024");
  assert.equal(month("2024-Q5", zh), "2024-Q5");
});

test("bytes as hexadecimal", () => {
  assert.equal(hex(Uint8Array.of(0, 1, 0xab, 0xff, 16)), "0001abff 10");
  assert.equal(hex(new Uint8Array()), "");
});
