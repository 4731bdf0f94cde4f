// Chooses which advice comes first and in which order the rest follows.

import type { Case } from "../worker/messages.ts";
import type { AdviceCode, Finding } from "../words/words.ts";

export interface OrderedAdvice {
  first: AdviceCode;
  rest: AdviceCode[];
}

const FIRST: Record<Finding, AdviceCode> = {
  exposed: "expect-fraud-calls",
  // If both were found, accounts come first: they can be misused without any call to the owner.
  malicious: "check-own-accounts",
  both: "check-own-accounts",
};

/** All advice, in the order in which most people need it: the police before other lines. */
export const ALL: AdviceCode[] = [
  "check-own-accounts",
  "expect-fraud-calls",
  "answer-96110",
  "report-110",
  "complain-12321",
  "complain-12377",
  "correct-or-erase",
];

/** Advice that is no task: what to do when somebody calls. */
const TO_REMEMBER: string[] = ["expect-fraud-calls", "answer-96110"];

/** Whether an advice can only be remembered, and not done at once. */
export const isToRemember = (code: string): boolean => TO_REMEMBER.indexOf(code) >= 0;

/** Advice for a number that was not found. There is nothing to correct, but the rest is useful for everybody. */
export const GENERAL_ADVICE: AdviceCode[] = ["check-own-accounts", "answer-96110", "report-110"];

/** The kind of finding. */
export function finding(found: { exposed: boolean; malicious: boolean }): Finding {
  if (found.exposed && found.malicious) return "both";
  return found.malicious ? "malicious" : "exposed";
}

/** The first advice of the cases, then the others. Skips codes that this page has no text for. */
export function orderAdvice(kind: Finding, cases: Case[]): OrderedAdvice {
  const wanted = ([] as string[]).concat(...orderedFor(kind, cases).map((item) => item.advice));
  const known = wanted.filter((code): code is AdviceCode => (ALL as string[]).indexOf(code) >= 0);
  const first = known[0] ?? FIRST[kind];
  return { first, rest: ALL.filter((code) => code !== first) };
}

function orderedFor(kind: Finding, cases: Case[]): Case[] {
  const isFirst = (item: Case): boolean => (item.kind === "exposure") === (kind === "exposed");
  return cases.filter(isFirst).concat(cases.filter((item) => !isFirst(item)));
}
