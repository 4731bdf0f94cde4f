// Tests the built scripts: their size, their language level, and a run without the globals newer than Chrome 67.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { brotliDecompressSync, gzipSync } from "node:zlib";
import { parse } from "acorn";
import { buildPage, buildScript, SCRIPTS } from "../build.mjs";
import { FakeServer, numbers } from "./fake_server.mjs";

const scripts = new Map();
for (const one of SCRIPTS) scripts.set(one.name, { ...one, text: await buildScript(one) });
const textOf = (name) => scripts.get(name).text;

const gzipSize = (name) => gzipSync(textOf(name), { level: 9 }).length;

test("index.html, page.css, the first drawing and a usual config.json have less than 12,000 bytes after gzip, and every file a Brotli form", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pilookup-built-"));
  try {
    await buildPage(folder);
    const sizes = ["index.html", "page.css", "gift.svg", "icon.svg"].map(
      (name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length,
    );
    const root = JSON.parse(Buffer.from(new FakeServer().root()));
    const operator = { name: { zh: "某某市公安局", en: "City police" }, telephone: "0571-12345678", filing: "某", address: "https://a.example" };
    const config = { format: 1, server: "", buckets: "", channel: "public", root, operator };
    const total = sizes.concat(gzipSync(JSON.stringify(config), { level: 9 }).length).reduce((sum, size) => sum + size);
    assert.ok(total < 12_000, String(total));
    const plain = readdirSync(folder).filter((name) => !name.endsWith(".br"));
    assert.ok(plain.length > 15);
    assert.equal(readdirSync(folder).length, 2 * plain.length);
    for (const name of plain) {
      const compressed = readFileSync(join(folder, `${name}.br`));
      assert.ok(brotliDecompressSync(compressed).equals(readFileSync(join(folder, name))), name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("hall.js has less than 4,000 bytes after gzip", () => {
  assert.ok(gzipSize("hall.js") < 4_000, `${gzipSize("hall.js")}`);
});

test("sound.js has less than 3,000 bytes after gzip", () => {
  assert.ok(gzipSize("sound.js") < 3_000, `${gzipSize("sound.js")}`);
});

test("page.js and worker.js have less than 45,000 bytes after gzip", () => {
  assert.ok(gzipSize("page.js") + gzipSize("worker.js") < 45_000, `${gzipSize("page.js")} + ${gzipSize("worker.js")}`);
});

/** The text with BigInt literals replaced by numbers, so that a parser for an older edition accepts it. */
function withoutBigInt(text) {
  const positions = [];
  const onToken = ({ type, end }) => text[end - 1] === "n" && type.label === "num" && positions.push(end - 1);
  parse(text, { ecmaVersion: 2020, onToken });
  return positions.reduceRight((rest, at) => `${rest.slice(0, at)} ${rest.slice(at + 1)}`, text);
}

describe("language", () => {
  for (const { name, text } of scripts.values()) {
    const old = ["page.js", "hall.js", "sound.js", "en.js"].includes(name);
    test(`${name} is a classic script of ${old ? "ES2015" : "ES2018 and BigInt"}`, () => {
      parse(old ? text : withoutBigInt(text), { ecmaVersion: old ? 2015 : 2018, sourceType: "script" });
      if (old) assert.throws(() => parse("1n", { ecmaVersion: 2015 }));
    });
  }

  test("newer syntax would be detected", () => {
    for (const newer of ["try {} catch {}", "a?.b", "a ?? b", "class A { x = 1 }", "1_000", "a ||= b", "import('x')"]) {
      assert.throws(() => parse(withoutBigInt("1n;") + newer, { ecmaVersion: 2018 }), newer);
    }
  });

  test("no script uses what the security policy forbids", () => {
    for (const { name, text } of scripts.values()) {
      assert.doesNotMatch(text, /\beval\(|new Function\(|\bdocument\.write\b|innerHTML/, name);
      assert.doesNotMatch(text, /localStorage|sessionStorage|indexedDB|document\.cookie/, name);
    }
  });
});

// The globals newer than Chrome 67. The tests in a real browser use the same list.
const NEWER = readFileSync(new URL("../../../tests/page/newer_globals.txt", import.meta.url), "utf8")
  .trim().split("\n").slice(1).map((line) => line.split(" ")[1]);

/** The worker in an old browser: the engine's globals without the newer ones, and the globals of a worker. */
class OldWorker {
  constructor(server, foreign = textOf("foreign.js")) {
    this.messages = [];
    this.waiting = [];
    const given = {
      fetch: (url, options) => server.fetch(url, options),
      postMessage: (message) => this.receive(message),
      importScripts: (url) => runInContext(this.script(url, foreign), this.context),
      location: { origin: "https://page.example", href: "https://page.example/below/worker.js" },
      performance: { now: () => performance.now() },
      crypto: { getRandomValues: (array) => crypto.getRandomValues(array) },
      setTimeout, clearTimeout, AbortController, TextEncoder, TextDecoder, atob, btoa,
    };
    this.context = createContext({ ...given });
    this.context.self = this.context;
    runInContext(`(${deleteGlobals})(${JSON.stringify(NEWER)})`, this.context);
    runInContext(textOf("worker.js"), this.context);
  }

  script(url, foreign) {
    assert.equal(url, "foreign.js");
    if (foreign === null) throw new Error("NetworkError");
    return foreign;
  }

  receive(message) {
    this.messages.push(message);
    this.waiting.splice(0).forEach((wake) => wake());
  }

  send(data) {
    this.context.onmessage({ data });
  }

  configure(root, more = {}) {
    const settings = { server: "", buckets: "", channel: "public", root: Buffer.from(root).toString(), ...more };
    this.send({ kind: "settings", settings });
  }

  async ask(id, text) {
    this.send({ kind: "check", id, text });
    for (;;) {
      const found = this.messages.find((message) => message.kind === "answer" && message.id === id);
      if (found) return found;
      await new Promise((wake) => this.waiting.push(wake));
    }
  }
}

/** Runs in the worker's context: delete every newer global, and throw if one cannot be deleted. */
function deleteGlobals(names) {
  const root = Function("return this")();
  const TypedArray = Object.getPrototypeOf(root.Int8Array.prototype);
  for (const name of names) {
    const path = name.replace("TypedArray.", "TypedArray.prototype.").split(".");
    const last = path.pop();
    const step = (value, key) => (key === "TypedArray" ? { prototype: TypedArray } : value && value[key]);
    const owner = path.reduce(step, root);
    if (owner && last in owner && !delete owner[last]) throw new Error(`${name} cannot be deleted`);
  }
}

describe("the worker in a browser as old as Chrome 67", () => {
  const [found] = numbers.found;
  const [absent] = numbers.absent;

  test("the newer globals are gone", () => {
    const worker = new OldWorker(new FakeServer());
    for (const name of ["Array.prototype.at", "Promise.allSettled", "structuredClone", "Array.prototype.flat"]) {
      assert.equal(runInContext(`typeof ${name}`, worker.context), "undefined", name);
    }
    assert.ok(NEWER.includes("Object.hasOwn") && NEWER.includes("globalThis"));
  });

  test("answers, and reports its steps and what it sent", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    worker.configure(server.root());
    assert.equal(worker.messages[0].kind, "ready");
    const hit = await worker.ask(1, found);
    assert.deepEqual([hit.answer.status, hit.last4], ["found", found.slice(-4)]);
    const miss = await worker.ask(2, absent);
    assert.equal(miss.answer.status, "not_found");
    assert.deepEqual(new Set(miss.sent.map(({ what }) => what)), new Set(["evaluate", "bucket"]));
    const steps = worker.messages.filter(({ kind, id }) => kind === "step" && id === 2).map(({ step }) => step);
    assert.deepEqual(steps, ["reading", "trust", "blinding", "asking", "bucket", "opening"]);
  });

  test("loads the script for foreign numbers once, when a foreign number is entered", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    worker.configure(server.root());
    let loads = 0;
    const { importScripts } = worker.context;
    worker.context.importScripts = (url) => ((loads += 1), importScripts(url));
    await worker.ask(1, found);
    assert.equal(loads, 0);
    const libraries = ({ sent }) =>
      sent.filter(({ what }) => what === "library").map(({ url, status }) => `${status} ${url}`).join();
    const first = await worker.ask(2, "+1 202 555 0123");
    assert.equal(first.answer.status, "found");
    assert.equal(libraries(first), "200 https://page.example/below/foreign.js");
    const second = await worker.ask(3, "+44 20 7031 3000");
    assert.equal(second.answer.status, "not_found");
    assert.equal(libraries(second), "");
    assert.equal(loads, 1);
    assert.equal((await worker.ask(4, "+44 20")).answer.detail, "too_short");
  });

  test("without that script a foreign number is unreachable, and other numbers are answered", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server, null);
    worker.configure(server.root());
    assert.equal((await worker.ask(1, "+44 20 7031 3000")).answer.reason, "unreachable");
    assert.equal((await worker.ask(2, found)).answer.status, "found");
  });

  for (const [name, settings, reason] of [
    ["no root", { root: "{}" }, "not_configured"],
    ["no JSON", { root: "" }, "not_configured"],
    ["a server without TLS", { server: "http://a.example" }, "not_configured"],
    ["an invalid channel", { channel: "a/b" }, "not_configured"],
  ]) {
    test(`settings with ${name} are ${reason}`, async () => {
      const worker = new OldWorker(new FakeServer());
      worker.configure(new FakeServer().root(), settings);
      assert.equal((await worker.ask(1, found)).answer.reason, reason);
    });
  }

  test("a root not signed by its own keys is bad_signature", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    worker.configure(Object.assign(new FakeServer(), { signers: { root: server.keys.targets } }).root());
    assert.equal((await worker.ask(1, found)).answer.reason, "bad_signature");
  });

  test("a check before the settings is not_configured", async () => {
    assert.equal((await new OldWorker(new FakeServer()).ask(1, found)).answer.reason, "not_configured");
  });

  test("checks run one after the other, and a stopped check sends nothing more", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    worker.configure(server.root());
    worker.send({ kind: "check", id: 1, text: found });
    worker.send({ kind: "check", id: 2, text: absent });
    worker.send({ kind: "stop", id: 1 });
    assert.equal((await worker.ask(3, found)).answer.status, "found");
    const ids = worker.messages.filter(({ kind }) => kind === "answer").map(({ id }) => id);
    assert.deepEqual(ids, [2, 3]);
  });

  test("a check that fails unexpectedly is answered, and so is the next one", async () => {
    const worker = new OldWorker(new FakeServer());
    worker.configure(new FakeServer().root());
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

  test("a page served over plain HTTP is not_configured", async () => {
    const worker = new OldWorker(new FakeServer());
    worker.context.location = { origin: "http://page.example", href: "http://page.example/worker.js" };
    worker.configure(new FakeServer().root());
    assert.equal((await worker.ask(1, found)).answer.reason, "not_configured");
  });

  test("the release is requested before the pinned root is verified, and no longer wanted if that fails", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    const signals = [];
    server.answer = (_, { signal }) => void signals.push(signal);
    worker.configure(Object.assign(new FakeServer(), { signers: { root: server.keys.targets } }).root());
    assert.deepEqual(server.requests.map(({ path }) => path), ["metadata/combined.json"]);
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
    assert.equal((await worker.ask(1, found)).answer.reason, "bad_signature");
  });

  test("the details of the cases do not keep a check from evaluating", async () => {
    const server = new FakeServer();
    const worker = new OldWorker(server);
    const details = new TextEncoder().encode('{"cases":[],"format":1}');
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", details)).toString("hex");
    const files = { ...server.manifest.files, "cases.json": { sha256: digest, size: details.length } };
    server.manifest = { ...server.manifest, files };
    let evaluated = () => undefined;
    const evaluation = new Promise((resolve) => (evaluated = resolve));
    server.answer = (path) => {
      if (path.startsWith("evaluate")) evaluated();
      return path.endsWith(".cases.json") ? evaluation.then(() => new Response(details)) : undefined;
    };
    worker.configure(server.root());
    assert.equal((await worker.ask(1, found)).answer.status, "found");
    assert.equal(server.requests.filter(({ path }) => path.endsWith(".cases.json")).length, 1);
  });

  test("a check waits for a preparation that is under way, and fetches nothing twice", async () => {
    const server = new FakeServer();
    server.combined = true;
    const worker = new OldWorker(server);
    worker.configure(server.root());
    assert.equal((await worker.ask(1, found)).answer.status, "found");
    assert.equal(server.requests.filter(({ path }) => path === "metadata/combined.json").length, 1);
    assert.ok(worker.messages.some(({ kind }) => kind === "prepared"));
  });

  test("a check does not wait for a preparation that does not end", async () => {
    const server = new FakeServer();
    server.answer = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error())));
    const worker = new OldWorker(server);
    worker.context.setTimeout = (run, wait) => setTimeout(run, wait / 100);
    worker.configure(server.root());
    server.answer = undefined;
    assert.equal((await worker.ask(1, found)).answer.status, "found");
  });
});
