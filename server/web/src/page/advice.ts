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

/** All advice, in the order in which most people need it. */
const ALL: AdviceCode[] = [
  "check-own-accounts",
  "expect-fraud-calls",
  "answer-96110",
  "report-110",
  "complain-12321",
  "complain-12377",
  "correct-or-erase",
];

/** Advice for a number that was not found. There is nothing to correct, but the rest is useful for everybody. */
export const GENERAL_ADVICE: AdviceCode[] = ["check-own-accounts", "answer-96110", "report-110"];

/** The kind of finding. */
export function finding(found: { exposed: boolean; malicious: boolean }): Finding {
  if (found.exposed && found.malicious) return "both";
  return found.malicious ? "malicious" : "exposed";
}

/** Order the advice: that of the cases first, then the rest. Skips codes that this page has no text for. */
export function orderAdvice(kind: Finding, cases: Case[]): OrderedAdvice {
  const wanted = ([] as string[]).concat(...orderedFor(kind, cases).map((item) => item.advice));
  const known = wanted.filter((code): code is AdviceCode => (ALL as string[]).indexOf(code) >= 0);
  const first = known[0] ?? FIRST[kind];
  const rest = known.concat(ALL).filter((code, index, all) => code !== first && all.indexOf(code) === index);
  return { first, rest };
}

function orderedFor(kind: Finding, cases: Case[]): Case[] {
  const isFirst = (item: Case): boolean => (item.kind === "exposure") === (kind === "exposed");
  return cases.filter(isFirst).concat(cases.filter((item) => !isFirst(item)));
}
