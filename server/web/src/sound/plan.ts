// Which recorded sentences belong to what the page shows. Their names and texts are in sentences.json of the server's
// package (pilookup_server/page_host/sound), from which the script for a recording is made.

import { finding, GENERAL_ADVICE, orderAdvice } from "../page/advice.ts";
import type { ShownAnswer } from "../page/checker.ts";
import { remedyOf } from "../page/remedies.ts";

type Found = Extract<ShownAnswer, { status: "found" }>;
type Unknown = Extract<ShownAnswer, { status: "unknown" }>;

const ADVICE = "advice.";
const WARNINGS = ["warnings.0", "warnings.1"];
/** The faults of a number that have a sentence; for the others one is asked to look again. */
const FAULTS = ["empty", "too_short", "too_long", "id_card", "bank_card"];

/**
 * The sentences to play, in order. Dates, titles of cases and other texts that differ from case to case are not
 * recorded; the sentence `rest` says that they are on the screen.
 *
 * @param answer the answer; null before there is one
 * @param isOpen whether the further advice is unfolded
 */
export function sentencesFor(answer: ShownAnswer | null, isOpen: boolean): string[] {
  if (!answer) return ["title", "by", "promise", "how", "before", "gift", "phone", "code", "refuse"];
  switch (answer.status) {
    case "found":
      return foundSentences(answer, isOpen);
    case "not_found":
      return ["notFound", "notSafe", "careful", "hangUp", ...WARNINGS, ...(isOpen ? advised(GENERAL_ADVICE) : [])];
    case "unknown":
      if (answer.reason === "invalid_number") return faultSentences(answer);
      return ["unknown", ...remedySentences(answer.reason), "telephone"];
  }
}

/** The sentences of several pieces of advice. */
function advised(codes: string[]): string[] {
  return ([] as string[]).concat(...codes.map((code) => (code === "expect-fraud-calls" ? ["hangUp", ADVICE + code] : [ADVICE + code])));
}

function foundSentences(answer: Found, isOpen: boolean): string[] {
  const kind = finding(answer);
  const { first, rest } = orderAdvice(kind, answer.cases);
  const { malicious, accounts } = answer;
  return [
    `found.${kind}`,
    "notYourFault",
    ...(malicious ? ["askedByPolice"] : []),
    ...advised([first]),
    ...WARNINGS,
    ...(malicious ? [`accounts.${accounts >= 6 ? 6 : Math.min(accounts, 2)}`] : []),
    ...(answer.exposed ? ["mayMean.exposed"] : []),
    ...(malicious ? ["mayMean.malicious"] : []),
    "formerOwner",
    "rest",
    ...(isOpen ? advised(rest).concat("telephone") : []),
  ];
}

/** What is wrong with the text in the field. */
function faultSentences(answer: Unknown): string[] {
  const { digits, detail } = answer as { digits?: number; detail?: string };
  const fault = digits ? (digits < 11 ? "too_short" : "too_long") : String(detail);
  if (fault === "empty") return ["fault.empty"];
  return ["wrongNumber", FAULTS.indexOf(fault) >= 0 ? `fault.${fault}` : "remedy.number"];
}

/** What to do, in words that fit whether or not the operator has a telephone. */
function remedySentences(reason: string): string[] {
  const remedy = remedyOf(reason);
  switch (remedy) {
    case "tell":
      return ["remedy.leave", "leaveAlone"];
    case "clock":
      return ["remedy.clockLeave", "leaveAlone"];
    case "setUp":
      return ["remedy.setUpLeave"];
    case "open":
      return ["remedy.network", "otherBrowser"];
    default:
      return [`remedy.${remedy}`];
  }
}
