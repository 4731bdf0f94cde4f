// What the page and its worker say to each other. The worker does all that touches the number or the network.

import type { Step } from "../protocol/steps.ts";
import type { Sent } from "../protocol/transport.ts";
import type { Answer } from "../protocol/answer.ts";

export type { Step, Sent, Answer };
export type { Case } from "../protocol/answer.ts";

/** Where to ask and what to believe: from config.json. */
export interface Settings {
  /** Where evaluations go: a URL without `/v1`, or "" for the worker's own origin. */
  server: string;
  /** Where metadata, targets and buckets come from; "" is the same as `server`. */
  buckets: string;
  channel: string;
  /** The pinned TUF root as JSON text. */
  root: string;
}

/** Page to worker. A check that is stopped tells nothing more. */
export type PageMessage =
  | { kind: "settings"; settings: Settings }
  | { kind: "check"; id: number; text: string }
  | { kind: "stop"; id: number };

/** Worker to page. */
export type WorkerMessage =
  /** The settings were taken; the release is being fetched, and checks may be asked for. */
  | { kind: "ready" }
  /** `share`, 0 to 1, where it is known how far the step has come. */
  | { kind: "step"; id: number; step: Step; share?: number }
  /** `last4`: the number's last digits, "" where the text was no number. `sent`: all that left the device. */
  | { kind: "answer"; id: number; answer: Answer; last4: string; sent: Sent[] };
