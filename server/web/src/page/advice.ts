// What to do first, and what after that.

import type { Case } from "../worker/messages.ts";
import type { AdviceCode, Finding } from "../words/words.ts";

export interface OrderedAdvice {
  first: AdviceCode;
  rest: AdviceCode[];
}

const FIRST: Record<Finding, AdviceCode> = {
  exposed: "expect-fraud-calls",
  // An account in one's name may be misused while nobody calls, so it goes first where both were found.
  malicious: "check-own-accounts",
  both: "check-own-accounts",
};

/** In the order in which most people need them. */
const ALL: AdviceCode[] = [
  "check-own-accounts",
  "expect-fraud-calls",
  "answer-96110",
  "report-110",
  "complain-12321",
  "complain-12377",
  "correct-or-erase",
];

/** For a number that was not found: nothing to correct, but to look is never wrong. */
export const GENERAL_ADVICE: AdviceCode[] = ["check-own-accounts", "answer-96110", "report-110"];

/** What was found, in one word. */
export function finding(found: { exposed: boolean; malicious: boolean }): Finding {
  if (found.exposed && found.malicious) return "both";
  return found.malicious ? "malicious" : "exposed";
}

/** The cases' own advice before the general one; codes this page has no words for are passed over. */
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
