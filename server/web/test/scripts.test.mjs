// The scripts as built: their weight, the language they are written in, and a run without what is newer than Chrome 67.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";
import { build, SCRIPTS } from "../build.mjs";
import { Release, numbers } from "./release.mjs";

const scripts = new Map();
for (const one of SCRIPTS) scripts.set(one.name, { ...one, text: await build(one) });
const textOf = (name) => scripts.get(name).text;

test("the page and its worker weigh less than 45 kB", () => {
  const weigh = (name) => gzipSync(textOf(name), { level: 9 }).length;
  assert.ok(weigh("page.js") + weigh("worker.js") < 45_000, `${weigh("page.js")} + ${weigh("worker.js")}`);
});

/** The text with BigInt literals as plain numbers: what is left must be of an edition that has none. */
function withoutBigInt(text) {
  const places = [];
  parse(text, { ecmaVersion: 2020, onToken: ({ type, end }) => text[end - 1] === "n" && type.label === "num" && places.push(end - 1) });
  return places.reduceRight((rest, at) => `${rest.slice(0, at)} ${rest.slice(at + 1)}`, text);
}

describe("language", () => {
  for (const { name, text } of scripts.values()) {
    const old = name === "page.js";
    test(`${name} is a classic script of ${old ? "ES2015" : "ES2018 and BigInt"}`, () => {
      parse(old ? text : withoutBigInt(text), { ecmaVersion: old ? 2015 : 2018, sourceType: "script" });
      if (old) assert.throws(() => parse("1n", { ecmaVersion: 2015 }));
    });
  }

  test("newer syntax would be seen", () => {
    for (const newer of ["try {} catch {}", "a?.b", "a ?? b", "class A { x = 1 }", "1_000", "a ||= b", "import('x')"]) {
      assert.throws(() => parse(withoutBigInt("1n;") + newer, { ecmaVersion: 2018 }), newer);
    }
  });

  test("no script holds what the policy forbids", () => {
    for (const { name, text } of scripts.values()) {
      assert.ok(!/\beval\(|new Function\(|\bdocument\.write\b|innerHTML|localStorage|sessionStorage|indexedDB|document\.cookie/.test(text), name);
    }
  });
});

// What began after Chrome 67, from a list that the tests in a real browser use too.
const NEWER = readFileSync(new URL("../../../tests/page/newer_globals.txt", import.meta.url), "utf8")
  .trim().split("\n").slice(1).map((line) => line.split(" ")[1]);

/** An old browser's worker: the engine's own globals without the newer ones, and what a worker has besides. */
class OldWorker {
  constructor(release, foreign = textOf("foreign.js")) {
    this.told = [];
    this.waiting = [];
    const given = {
      fetch: (url, options) => release.fetch(url, options),
      postMessage: (message) => this.hear(message),
      importScripts: (url) => runInContext(this.script(url, foreign), this.context),
      location: { origin: "https://page.example", href: "https://page.example/below/worker.js" },
      performance: { now: () => performance.now() },
      crypto: { getRandomValues: (array) => crypto.getRandomValues(array) },
      setTimeout, clearTimeout, AbortController, TextEncoder, TextDecoder, atob, btoa,
    };
    this.context = createContext({ ...given });
    this.context.self = this.context;
    runInContext(`(${forget})(${JSON.stringify(NEWER)})`, this.context);
    runInContext(textOf("worker.js"), this.context);
  }

  script(url, foreign) {
    assert.equal(url, "foreign.js");
    if (foreign === null) throw new Error("NetworkError");
    return foreign;
  }

  hear(message) {
    this.told.push(message);
    this.waiting.splice(0).forEach((wake) => wake());
  }

  say(data) {
    this.context.onmessage({ data });
  }

  settle(root, more = {}) {
    const settings = { server: "", buckets: "", channel: "public", root: Buffer.from(root).toString(), ...more };
    this.say({ kind: "settings", settings });
  }

  async ask(id, text) {
    this.say({ kind: "check", id, text });
    for (;;) {
      const found = this.told.find((message) => message.kind === "answer" && message.id === id);
      if (found) return found;
      await new Promise((wake) => this.waiting.push(wake));
    }
  }
}

/** Runs inside: delete every newer global, and say so if one stays. */
function forget(names) {
  const root = Function("return this")();
  const TypedArray = Object.getPrototypeOf(root.Int8Array.prototype);
  for (const name of names) {
    const path = name.replace("TypedArray.", "TypedArray.prototype.").split(".");
    const last = path.pop();
    const owner = path.reduce((value, part) => (part === "TypedArray" ? { prototype: TypedArray } : value && value[part]), root);
    if (owner && last in owner && !delete owner[last]) throw new Error(`${name} stays`);
  }
}

describe("the worker in a browser as old as Chrome 67", () => {
  const [found] = numbers.found;
  const [absent] = numbers.absent;

  test("what is newer is gone", () => {
    const worker = new OldWorker(new Release());
    const left = "[typeof Array.prototype.at, typeof Promise.allSettled, typeof structuredClone, typeof Array.prototype.flat]";
    assert.equal(runInContext(`${left}.join()`, worker.context), "undefined,undefined,undefined,undefined");
    assert.ok(NEWER.includes("Object.hasOwn") && NEWER.includes("globalThis"));
  });

  test("answers, and tells its steps and what it sent", async () => {
    const release = new Release();
    const worker = new OldWorker(release);
    worker.settle(release.root());
    assert.equal(worker.told[0].kind, "ready");
    const hit = await worker.ask(1, found);
    assert.deepEqual([hit.answer.status, hit.last4], ["found", found.slice(-4)]);
    const miss = await worker.ask(2, absent);
    assert.equal(miss.answer.status, "not_found");
    assert.deepEqual(new Set(miss.sent.map(({ what }) => what)), new Set(["evaluate", "bucket"]));
    const steps = worker.told.filter(({ kind, id }) => kind === "step" && id === 2).map(({ step }) => step);
    assert.deepEqual(steps, ["reading", "trust", "blinding", "asking", "bucket", "opening"]);
  });

  test("loads the script for foreign numbers once, when one comes", async () => {
    const release = new Release();
    const worker = new OldWorker(release);
    worker.settle(release.root());
    let loads = 0;
    const { importScripts } = worker.context;
    worker.context.importScripts = (url) => ((loads += 1), importScripts(url));
    await worker.ask(1, found);
    assert.equal(loads, 0);
    const libraries = ({ sent }) => sent.filter(({ what }) => what === "library").map(({ url, status }) => `${status} ${url}`).join();
    const first = await worker.ask(2, "+1 202 555 0123");
    assert.equal(first.answer.status, "found");
    assert.equal(libraries(first), "200 https://page.example/below/foreign.js");
    const second = await worker.ask(3, "+44 20 7031 3000");
    assert.equal(second.answer.status, "not_found");
    assert.equal(libraries(second), "");
    assert.equal(loads, 1);
    assert.equal((await worker.ask(4, "+44 20")).answer.detail, "too_short");
  });

  test("without that script a foreign number is unreachable, and others are answered", async () => {
    const release = new Release();
    const worker = new OldWorker(release, null);
    worker.settle(release.root());
    assert.equal((await worker.ask(1, "+44 20 7031 3000")).answer.reason, "unreachable");
    assert.equal((await worker.ask(2, found)).answer.status, "found");
  });

  for (const [name, settings, reason] of [
    ["no root", { root: "{}" }, "not_configured"],
    ["no JSON", { root: "" }, "not_configured"],
    ["a server without TLS", { server: "http://a.example" }, "not_configured"],
    ["a channel that is none", { channel: "a/b" }, "not_configured"],
  ]) {
    test(`settings with ${name} are ${reason}`, async () => {
      const worker = new OldWorker(new Release());
      worker.settle(new Release().root(), settings);
      assert.equal((await worker.ask(1, found)).answer.reason, reason);
    });
  }

  test("a root that its keys did not sign is bad_signature", async () => {
    const release = new Release();
    const worker = new OldWorker(release);
    worker.settle(Object.assign(new Release(), { signers: { root: release.keys.targets } }).root());
    assert.equal((await worker.ask(1, found)).answer.reason, "bad_signature");
  });

  test("before settings it is not configured", async () => {
    assert.equal((await new OldWorker(new Release()).ask(1, found)).answer.reason, "not_configured");
  });

  test("checks go one after the other; a stopped one tells nothing more", async () => {
    const release = new Release();
    const worker = new OldWorker(release);
    worker.settle(release.root());
    worker.say({ kind: "check", id: 1, text: found });
    worker.say({ kind: "check", id: 2, text: absent });
    worker.say({ kind: "stop", id: 1 });
    assert.equal((await worker.ask(3, found)).answer.status, "found");
    const ids = worker.told.filter(({ kind }) => kind === "answer").map(({ id }) => id);
    assert.deepEqual(ids, [2, 3]);
  });

  test("a check that breaks in an unforeseen way is answered, and the next one too", async () => {
    const worker = new OldWorker(new Release());
    worker.settle(new Release().root());
    const { postMessage } = worker.context;
    worker.context.postMessage = (message) => {
      if (message.kind !== "answer") return postMessage(message);
      worker.context.postMessage = postMessage;
      throw new Error("could not be cloned");
    };
    const { status, reason } = (await worker.ask(1, found)).answer;
    assert.deepEqual([status, reason], ["unknown", "bad_response"]);
    assert.equal((await worker.ask(2, found)).answer.status, "found");
  });

  test("over plain HTTP it is not configured", async () => {
    const worker = new OldWorker(new Release());
    worker.context.location = { origin: "http://page.example", href: "http://page.example/worker.js" };
    worker.settle(new Release().root());
    assert.equal((await worker.ask(1, found)).answer.reason, "not_configured");
  });

  test("a check does not wait for a preparation that hangs", async () => {
    const release = new Release();
    release.answer = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error())));
    const worker = new OldWorker(release);
    worker.settle(release.root());
    release.answer = undefined;
    assert.equal((await worker.ask(1, found)).answer.status, "found");
  });
});
