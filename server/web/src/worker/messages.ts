// The messages between the page and its worker. The worker does everything that uses the number or the network.

import type { Step } from "../protocol/steps.ts";
import type { Sent } from "../protocol/transport.ts";
import type { Answer, Case } from "../protocol/answer.ts";

export type { Step, Sent, Answer, Case };

/** Which servers to ask and which root to trust, from config.json. */
export interface Settings {
  /** URL of the server that evaluates, without `/v1`. "" for the origin of the worker. */
  server: string;
  /** URL of the server of metadata, targets and buckets, without `/v1`. "" for the same as `server`. */
  buckets: string;
  channel: string;
  /** The pinned TUF root as JSON text. */
  root: string;
}

/** From the page to the worker. A check that was stopped sends no further messages. */
export type PageMessage =
  | { kind: "settings"; settings: Settings }
  | { kind: "check"; id: number; text: string }
  | { kind: "stop"; id: number };

/** From the worker to the page. */
export type WorkerMessage =
  /** The worker runs and has the settings. Checks can be sent. */
  | { kind: "ready" }
  /** The release has been fetched and verified in advance. `cases` are the newest of its catalogue. */
  | { kind: "prepared"; cases: Case[] }
  /** A check has begun a step. `share` is the progress of the step, from 0 to 1, if it is known; for `waiting`, the seconds left. */
  | { kind: "step"; id: number; step: Step; share?: number }
  /** `last4` are the number's last four digits, "" if the text is not a number. `sent` is all that left the device. */
  | { kind: "answer"; id: number; answer: Answer; last4: string; sent: Sent[] };
