// The page's side of the worker: runs one check at a time and gives an answer for each, even if the worker fails.

import type { Answer, Case, PageMessage, Sent, Settings, Step, WorkerMessage } from "../worker/messages.ts";

/** An answer of the worker, or the page's own answer when the worker did not start. */
export type ShownAnswer =
  | Exclude<Answer, { status: "unknown" }>
  | (Extract<Answer, { status: "unknown" }> & {
      /** How many digits a mobile number with too few or too many has; 0 or none for any other text. */
      digits?: number;
    })
  | { status: "unknown"; reason: "not_started" };

export interface Outcome {
  answer: ShownAnswer;
  /** The number's last four digits, "" if the text is not a number. */
  last4: string;
  /** All that left the device. Null if unknown, because the worker failed. */
  sent: Sent[] | null;
}

export interface Checker {
  /** Give the worker its settings. It then fetches the release at once. */
  configure(settings: Settings): void;
  /**
   * Check one number.
   *
   * @param text what was entered
   * @param step called when a step begins or proceeds
   * @param done called once with the outcome, unless the check is stopped
   */
  ask(text: string, step: Check["step"], done: Check["done"]): void;
  /** Stop the current check. */
  stop(): void;
  /** End the worker if it was asked anything, since its memory may hold the number. Another one starts if the page is in view. */
  forget(): void;
}

interface Check {
  id: number;
  step: (step: Step, share: number | undefined) => void;
  done: (outcome: Outcome) => void;
}

/** The time limit for a worker to become ready, in milliseconds. */
export const START_LIMIT = 30_000;

/**
 * Start the worker, before the settings have arrived. If the worker fails, the next check starts a new one.
 *
 * @param prepared called with the newest cases when the release has been fetched, so that the line is free for other files
 */
export function startChecker(prepared: (cases: Case[]) => void): Checker {
  let settings: Settings | null = null;
  let worker: Worker | null = null;
  let check: Check | null = null;
  let last = 0;
  let wasAsked = false;
  let timer = 0;

  const start = (): Worker => {
    const started = new Worker("worker.js");
    started.onmessage = (event: MessageEvent<WorkerMessage>): void => {
      if (started === worker) receive(event.data); // what an ended worker has sent may still arrive
    };
    started.onerror = (): void => fail(started);
    if (settings) give(started, settings);
    return started;
  };
  const give = (started: Worker, given: Settings): void => {
    timer = setTimeout(() => fail(started), START_LIMIT);
    started.postMessage({ kind: "settings", settings: given });
  };
  const post = (message: PageMessage): void => {
    worker = worker ?? start();
    worker.postMessage(message);
  };
  const receive = (message: WorkerMessage): void => {
    if (message.kind === "ready") return clearTimeout(timer);
    if (message.kind === "prepared") return prepared(message.cases);
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
    configure: (given) => {
      settings = given;
      if (worker) give(worker, given);
      else worker = start();
    },
    ask: (text, step, done) => {
      stop();
      check = { id: ++last, step, done };
      wasAsked = true;
      post({ kind: "check", id: last, text });
    },
    stop,
    forget: () => {
      if (!wasAsked) return;
      wasAsked = false;
      check = null;
      clearTimeout(timer);
      if (worker) worker.terminate();
      worker = document.visibilityState === "visible" ? start() : null;
    },
  };
}
