// The page's side of its worker: one check at a time, and an answer for each, also when the worker breaks.

import type { Answer, PageMessage, Sent, Settings, Step, WorkerMessage } from "../worker/messages.ts";

/** The worker's answers, and the page's own when the worker did not start. */
export type ShownAnswer = Answer | { status: "unknown"; reason: "not_started" };

export interface Outcome {
  answer: ShownAnswer;
  /** The number's last digits, "" where there was no number. */
  last4: string;
  /** All that left the device; null where that is not known. */
  sent: Sent[] | null;
}

export interface Checker {
  /** Check one number; `done` is called once, unless the check is stopped. */
  ask(text: string, step: Check["step"], done: Check["done"]): void;
  /** Forget the check under way. */
  stop(): void;
}

interface Check {
  id: number;
  step: (step: Step, share: number | undefined) => void;
  done: (outcome: Outcome) => void;
}

/** So long may a worker take until it is ready, in milliseconds. */
export const START_LIMIT = 30_000;

/** Start the worker, which fetches the release at once. After a breakdown the next check starts another. */
export function startChecker(settings: Settings): Checker {
  let worker: Worker | null = null;
  let check: Check | null = null;
  let last = 0;
  let timer = 0;

  const start = (): Worker => {
    const started = new Worker("worker.js");
    started.onmessage = (event: MessageEvent<WorkerMessage>): void => receive(event.data);
    started.onerror = (): void => fail(started);
    timer = setTimeout(() => fail(started), START_LIMIT);
    started.postMessage({ kind: "settings", settings });
    return started;
  };
  const post = (message: PageMessage): void => {
    worker = worker ?? start();
    worker.postMessage(message);
  };
  const receive = (message: WorkerMessage): void => {
    if (message.kind === "ready") return clearTimeout(timer);
    if (!check || message.id !== check.id) return;
    if (message.kind === "step") return check.step(message.step, message.share);
    end(message);
  };
  const end = (outcome: Outcome): void => {
    const finished = check;
    check = null;
    finished?.done(outcome);
  };
  const fail = (failed: Worker): void => {
    failed.terminate();
    if (failed !== worker) return;
    worker = null;
    end({ answer: { status: "unknown", reason: "not_started" }, last4: "", sent: null });
  };
  const stop = (): void => {
    if (check) post({ kind: "stop", id: check.id });
    check = null;
  };

  worker = start();
  return {
    ask: (text, step, done) => {
      stop();
      check = { id: ++last, step, done };
      post({ kind: "check", id: last, text });
    },
    stop,
  };
}
