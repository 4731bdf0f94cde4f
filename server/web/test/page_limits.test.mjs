// Tests the time limits for the configuration and the worker, and the detection of browsers that cannot run the page.

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { bundled } from "./bundle_source.mjs";

const { loadConfig, TIME_LIMIT, startChecker, START_LIMIT, isSupported } = await bundled(`
  export { loadConfig, TIME_LIMIT } from "./page/config.ts";
  export { startChecker, START_LIMIT } from "./page/checker.ts";
  export { isSupported } from "./page/browser.ts";
`);

describe("config.json", () => {
  test("that does not arrive in time is an error", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const hang = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    t.mock.method(globalThis, "fetch", hang);
    const found = loadConfig();
    t.mock.timers.tick(TIME_LIMIT);
    await assert.rejects(found, { name: "AbortError" });
  });

  test("that arrives in time is read, and the timer is stopped", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let signal;
    t.mock.method(globalThis, "fetch", async (_, options) => ((signal = options.signal), new Response("{}")));
    assert.equal(await loadConfig(), null);
    await null;
    t.mock.timers.tick(TIME_LIMIT);
    assert.equal(signal.aborted, false);
  });
});

/** A worker that never sends a message by itself. */
class SilentWorker {
  static started = [];
  received = [];
  ended = false;

  constructor() {
    SilentWorker.started.push(this);
  }

  postMessage(message) {
    this.received.push(message.kind);
  }

  terminate() {
    this.ended = true;
  }
}

describe("the worker", () => {
  beforeEach(() => {
    SilentWorker.started = [];
    globalThis.Worker = SilentWorker;
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
  });
  const ask = (checker) => {
    const outcomes = [];
    checker.ask("", () => undefined, (outcome) => outcomes.push(outcome));
    return outcomes;
  };

  test("that does not become ready is reported as not_started, and the next check starts a new one", () => {
    const checker = startChecker(() => undefined);
    checker.configure({});
    const outcomes = ask(checker);
    mock.timers.tick(START_LIMIT - 1);
    assert.deepEqual(outcomes, []);
    mock.timers.tick(1);
    assert.deepEqual(outcomes, [{ answer: { status: "unknown", reason: "not_started" }, last4: "", sent: null }]);
    const later = ask(checker);
    const [first, second] = SilentWorker.started;
    assert.deepEqual([first.ended, second.ended, second.received], [true, false, ["settings", "check"]]);
    mock.timers.tick(START_LIMIT);
    assert.equal(later[0].answer.reason, "not_started");
  });

  test("starts before the settings have arrived, and waits for them without a limit", () => {
    const checker = startChecker(() => undefined);
    const [worker] = SilentWorker.started;
    assert.deepEqual(worker.received, []);
    mock.timers.tick(START_LIMIT * 10);
    assert.equal(worker.ended, false);
    checker.configure({});
    assert.deepEqual(worker.received, ["settings"]);
    mock.timers.tick(START_LIMIT);
    assert.equal(worker.ended, true);
  });

  test("that is ready has no time limit for a check", () => {
    const checker = startChecker(() => undefined);
    checker.configure({});
    const outcomes = ask(checker);
    const [worker] = SilentWorker.started;
    worker.onmessage({ data: { kind: "ready" } });
    mock.timers.tick(START_LIMIT * 10);
    assert.deepEqual([outcomes, worker.ended], [[], false]);
  });
});

test("a browser without Unicode properties in regular expressions is not supported", (t) => {
  globalThis.Worker = SilentWorker;
  assert.equal(isSupported(), true);
  const RegExpNow = RegExp;
  t.mock.method(globalThis, "RegExp", function (source, flags) {
    if (source.includes("\\p")) throw new SyntaxError("invalid escape");
    return new RegExpNow(source, flags);
  });
  assert.equal(isSupported(), false);
});
