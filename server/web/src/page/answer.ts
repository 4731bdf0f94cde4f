// The answer: a heading that says it, one next step, and the rest below.

import type { Case } from "../worker/messages.ts";
import type { AdviceCode, DataClass, NumberFault, Remedy, Why, Words } from "../words/words.ts";
import { finding, FOR_ANYBODY, plan } from "./advice.ts";
import { briefOf, dialled, more, nextStep } from "./advised.ts";
import type { Shown } from "./checker.ts";
import { day, month } from "./dates.ts";
import { byId, dial, fill, make } from "./elements.ts";

type Found = Extract<Shown, { status: "found" }>;
type Unknown = Extract<Shown, { status: "unknown" }>;

const REMEDY: Record<Why, Remedy> = {
  unreachable: "network",
  timeout: "network",
  stale: "clock",
  rolled_back: "tell",
  bad_signature: "tell",
  bad_snapshot: "tell",
  bad_proof: "tell",
  bad_bucket: "tell",
  bad_response: "tell",
  rate_limited: "wait",
  unauthorized: "tell",
  retired: "again",
  server_error: "again",
  invalid_number: "number",
  not_configured: "setUp",
  not_started: "open",
};

/** Where no telephone of the operator is known. */
const WITHOUT_TELEPHONE: Partial<Record<Remedy, Remedy>> = { tell: "leave", clock: "clockLeave", setUp: "setUpLeave" };

/** What an answer says in one line, and the one thing to do: what a slip of paper has room for. */
interface Gist {
  heading: string;
  besides: string;
  next: string;
  brief: string;
}

/** An answer's gist; `telephone` is the operator's, "" where there is none. */
export function gist(answer: Shown, telephone: string, words: Words): Gist {
  switch (answer.status) {
    case "found": {
      const kind = finding(answer);
      const advice = words.advice[plan(kind, answer.cases).first];
      const brief = briefOf(advice, telephone);
      return { heading: words.found[kind], besides: words.notYourFault, next: advice.title, brief };
    }
    case "not_found":
      return { heading: words.notFound, besides: words.notSafe, next: words.notFoundNext, brief: "" };
    case "unknown":
      return {
        heading: headingOf(answer, words),
        besides: because(answer, words),
        next: remedy(answer, telephone, words),
        brief: "",
      };
  }
}

/** Show an answer in place of the one before; `aloud` is a button that reads it. */
export function showAnswer(answer: Shown, telephone: string, words: Words, aloud: HTMLElement | null): void {
  const section = byId("answer");
  section.setAttribute("data-status", answer.status);
  section.setAttribute("data-reason", answer.status === "unknown" ? answer.reason : "");
  section.setAttribute("data-kind", answer.status === "found" ? finding(answer) : "");
  const [first, ...rest] = bodyOf(answer, telephone, words);
  fill(section, first ?? null, aloud, ...rest);
}

/** Nothing is shown any more. */
export function clearAnswer(): void {
  const section = byId("answer");
  for (const name of ["status", "reason", "kind"]) section.setAttribute(`data-${name}`, "");
  fill(section);
}

function bodyOf(answer: Shown, telephone: string, words: Words): (HTMLElement | null)[] {
  switch (answer.status) {
    case "found":
      return foundBody(answer, telephone, words);
    case "not_found":
      return [
        heading("–", words.notFound),
        make("p", { class: "strong" }, words.notSafe),
        nextStep(words.notFoundNext, "", words),
        warnings(words),
        make("p", { class: "small" }, words.asOf(day(answer.as_of, words))),
        more(FOR_ANYBODY, telephone, words),
      ];
    case "unknown":
      return unknownBody(answer, telephone, words);
  }
}

function foundBody(answer: Found, telephone: string, words: Words): (HTMLElement | null)[] {
  const kind = finding(answer);
  const { first, rest } = plan(kind, answer.cases);
  const advice = words.advice[first];
  const again: AdviceCode[] = advice.how.length ? [first] : [];
  return [
    heading("!", words.found[kind]),
    make("p", { class: "strong" }, words.notYourFault),
    nextStep(advice.title, briefOf(advice, telephone), words),
    warnings(words),
    make("h3", {}, words.whatHappened),
    ...happened(answer, words),
    make("h3", {}, words.whatMay),
    make("p", {}, words.mayMean[kind]),
    make("p", {}, words.formerOwner),
    make("p", { class: "small" }, words.asOf(day(answer.as_of, words))),
    more(again.concat(rest), telephone, words),
  ];
}

function happened(answer: Found, words: Words): (HTMLElement | null)[] {
  return [
    ...answer.cases.map((item) => caseOf(item, words)),
    answer.cases.length ? null : make("p", {}, words.noCase),
    answer.more ? make("p", {}, words.moreCases) : null,
    answer.malicious ? make("p", {}, words.accounts(answer.accounts)) : null,
    answer.last_seen ? make("p", {}, words.lastSeen(month(answer.last_seen, words))) : null,
  ];
}

function caseOf(item: Case, words: Words): HTMLElement {
  const names = item.data_classes.filter((code): code is DataClass => has(words.dataClass, code));
  return make(
    "div",
    { class: "case" },
    make("h4", {}, item.title[words.code]),
    make("p", {}, words.kind[item.kind]),
    names.length ? make("p", {}, words.classes(names.map((name) => words.dataClass[name]))) : null,
    item.seized_on ? make("p", {}, words.seized(day(item.seized_on, words))) : null,
  );
}

function unknownBody(answer: Unknown, telephone: string, words: Words): (HTMLElement | null)[] {
  const isWrong = answer.reason === "invalid_number";
  return [
    heading("?", headingOf(answer, words)),
    isWrong ? null : make("p", { class: "strong" }, words.notKnown),
    make("p", {}, because(answer, words)),
    nextStep(remedy(answer, telephone, words), "", words),
    !isWrong && telephone ? dial(dialled(telephone), telephone, words.telephone) : null,
    isWrong ? null : dial("96110", "96110", words.call["96110"]),
  ];
}

function headingOf(answer: Unknown, words: Words): string {
  return answer.reason === "invalid_number" ? words.wrongNumber : words.unknown;
}

function because(answer: Unknown, words: Words): string {
  const detail = "detail" in answer ? answer.detail : undefined;
  if (detail !== undefined && has(words.fault, detail)) return words.fault[detail as NumberFault];
  return has(words.why, answer.reason) ? words.why[answer.reason] : words.why.bad_response;
}

function remedy(answer: Unknown, telephone: string, words: Words): string {
  const code = has(REMEDY, answer.reason) ? REMEDY[answer.reason] : "tell";
  const text = words.remedy[(!telephone && WITHOUT_TELEPHONE[code]) || code];
  if (answer.reason !== "rate_limited") return text;
  const minutes = Math.max(1, Math.ceil((answer.wait ?? 60) / 60));
  return words.code === "zh" ? words.wait(minutes) + text : `${words.wait(minutes)} ${text}`;
}

function heading(mark: string, text: string): HTMLElement {
  const sign = make("span", { class: "mark", "aria-hidden": "true" }, mark);
  return make("h2", { id: "answer-heading", tabindex: "-1" }, sign, make("span", {}, text));
}

function warnings(words: Words): HTMLElement {
  return make("ul", { class: "warnings" }, ...words.warnings.map((text) => make("li", {}, text)));
}

function has(record: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(record, key);
}
