// The texts that every language must have. The compiler finds missing keys; a test compares the codes with Python's.

import type { Reason as NumberFault } from "../identifier/reason.ts";
import type { FailureReason } from "../protocol/failure.ts";
import type { Step } from "../protocol/steps.ts";
import type { Sent } from "../protocol/transport.ts";

export type { NumberFault };

/** Why a number could not be checked: the protocol's reasons, and the page's own for a worker that did not start. */
export type UnknownReason = FailureReason | "not_started";

/** What to do when a number could not be checked. */
export type Remedy =
  | "again"
  | "network"
  | "tell"
  | "leave"
  | "clock"
  | "clockLeave"
  | "setUp"
  | "setUpLeave"
  | "open"
  | "wait"
  | "number";

/** What was found about a number. */
export type Finding = "exposed" | "malicious" | "both";

/** Codes of data classes and of advice in the catalogue (pilookup/custody/datasets.py). */
export type DataClass = "phone" | "name" | "id-number" | "account";
export type AdviceCode =
  | "expect-fraud-calls"
  | "answer-96110"
  | "report-110"
  | "check-own-accounts"
  | "complain-12321"
  | "complain-12377"
  | "correct-or-erase";

/** The telephone lines that the page names. */
export type Hotline = "police" | "antifraud" | "reports" | "complaints";

export interface Advice {
  title: string;
  /** A short text, for the card with the next step. */
  brief: string;
  /** Replaces `brief` if the operator has no telephone and `brief` mentions it. */
  briefAlone?: string;
  /** The details. */
  how: string[];
}

/** The keys of the texts in index.html, as in its `data-words` attributes. */
export type Fixed =
  | "title"
  | "lead"
  | "label"
  | "check"
  | "promise"
  | "language"
  | "bigger"
  | "sentTitle"
  | "sentWhy"
  | "beforeTitle"
  | "gift"
  | "giftText"
  | "phone"
  | "phoneText"
  | "code"
  | "codeText"
  | "refuse"
  | "refuseText"
  | "official"
  | "helper"
  | "copies"
  | "copyAddress"
  | "copyWechat"
  | "copyAsks"
  | "copyAsk"
  | "keeps"
  | "newest"
  | "newestWhy";

/** The keys of the alternative texts of the drawings, as in the `data-alt` attributes of index.html. */
export type Picture = "giftAlt" | "phoneAlt" | "codeAlt" | "refuseAlt";

export interface Words {
  /** The BCP 47 tag, for `lang` and for the voice. */
  tag: string;
  /** The language of titles and names in configuration and catalogue. */
  code: "zh" | "en";
  /** The BCP 47 tag of the other language, which the button switches to. */
  otherTag: string;
  fixed: Record<Fixed, string>;
  picture: Record<Picture, string>;
  checking: string;
  step: Record<Step, string>;
  /** How long it is still to wait. */
  secondsLeft: (count: number) => string;
  readAloud: string;
  stop: string;
  cannotSpeak: string;
  notLoaded: string;
  cleared: string;
  found: Record<Finding, string>;
  notYourFault: string;
  /** Shown when accounts were opened: the owner may fear the police. */
  askedByPolice: string;
  whatHappened: string;
  whatMay: string;
  mayMean: Record<Finding, string>;
  nextStep: string;
  /** Replaces `nextStep` above advice that one can only remember. */
  remember: string;
  more: string;
  warnings: [string, string];
  dataClass: Record<DataClass, string>;
  advice: Record<AdviceCode, Advice>;
  kind: Record<"exposure" | "malicious-registration", string>;
  /** The minimum number of accounts; 0 if unknown. */
  accounts: (atLeast: number) => string;
  /** Where accounts were found. */
  platforms: (names: string[]) => string;
  /** The headings of how to close an account, and of how to appeal. */
  close: string;
  appeal: string;
  seized: (date: string) => string;
  classes: (names: string[]) => string;
  lastSeen: (when: string) => string;
  /** A day in full. Not formatted by the browser: loading its tables takes a fifth of a slow phone's first check. */
  day: (year: number, month: number, day: number) => string;
  /** One month, or a range of months for a quarter. */
  month: (year: number, first: number, last: number) => string;
  noCase: string;
  moreCases: string;
  formerOwner: string;
  notFound: string;
  notSafe: string;
  notFoundNext: string;
  asOf: (date: string) => string;
  unknown: string;
  notKnown: string;
  wrongNumber: string;
  why: Record<UnknownReason, string>;
  fault: Record<NumberFault, string>;
  /** The message for a mobile number with a wrong number of digits. */
  mobileLength: (count: number) => string;
  remedy: Record<Remedy, string>;
  wait: (minutes: number) => string;
  again: string;
  call: Record<Hotline, string>;
  sentNotYet: string;
  sentNothing: string;
  sentWhat: Record<Sent["what"], string>;
  sentHex: string;
  sentEmpty: string;
  /** The line under the title. */
  by: (name: string) => string;
  operator: (name: string) => string;
  noOperator: string;
  telephone: string;
  filing: (number: string) => string;
  address: (url: string) => string;
  noAddress: string;
  elsewhere: (url: string) => string;
  /** The link to the feed of the cases. */
  feed: string;
}
