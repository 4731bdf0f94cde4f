// Shows the answer: a heading with the result, one next step, and the details below.

import type { Case } from "../worker/messages.ts";
import type { AdviceCode, DataClass, NumberFault, Remedy, Words } from "../words/words.ts";
import { finding, GENERAL_ADVICE, isToRemember, orderAdvice } from "./advice.ts";
import { briefOf, hotline, moreAdvice, nextStep, telNumber } from "./advice_view.ts";
import type { ShownAnswer } from "./checker.ts";
import { day, month } from "./dates.ts";
import { byId, callLink, fill, make } from "./elements.ts";
import { remedyOf } from "./remedies.ts";

type Found = Extract<ShownAnswer, { status: "found" }>;
type Unknown = Extract<ShownAnswer, { status: "unknown" }>;

/** The remedies that mention a telephone, and what replaces them if the operator has none. */
const WITHOUT_TELEPHONE: Partial<Record<Remedy, Remedy>> = { tell: "leave", clock: "clockLeave", setUp: "setUpLeave" };

/** An answer in short, for the slip of paper: the result, one remark, and the next step. */
interface Summary {
  heading: string;
  note: string;
  /** The heading of the next step. */
  nextHeading: string;
  next: string;
  brief: string;
}

/** Summarise an answer. `telephone` is the operator's, "" if there is none. */
export function summarise(answer: ShownAnswer, telephone: string, words: Words): Summary {
  switch (answer.status) {
    case "found": {
      const kind = finding(answer);
      const { first } = orderAdvice(kind, answer.cases);
      return {
        heading: words.found[kind],
        note: notYourFault(answer, words),
        nextHeading: isToRemember(first) ? words.remember : words.nextStep,
        next: words.advice[first].title,
        brief: briefOf(words.advice[first], telephone),
      };
    }
    case "not_found":
      return {
        heading: words.notFound,
        note: words.notSafe,
        nextHeading: words.remember,
        next: words.notFoundNext,
        brief: "",
      };
    case "unknown":
      return {
        heading: headingOf(answer, words),
        note: explanation(answer, words),
        nextHeading: words.nextStep,
        next: remedy(answer, telephone, words),
        brief: "",
      };
  }
}

/** Show an answer and remove the previous one. `readAloud` is the button that reads it aloud, null if there is none. */
export function showAnswer(answer: ShownAnswer, telephone: string, words: Words, readAloud: HTMLElement | null): void {
  const section = byId("answer");
  section.setAttribute("data-status", answer.status);
  section.setAttribute("data-reason", answer.status === "unknown" ? answer.reason : "");
  section.setAttribute("data-kind", answer.status === "found" ? finding(answer) : "");
  const [first, ...rest] = bodyOf(answer, telephone, words);
  if (first) fill(section, first, readAloud, ...rest);
  else fill(section);
}

/** Remove the answer. */
export function clearAnswer(): void {
  const section = byId("answer");
  for (const name of ["status", "reason", "kind"]) section.setAttribute(`data-${name}`, "");
  fill(section);
}

/** What is wrong with the text in the field, in lines; none if it was a number. */
export function faultOf(answer: ShownAnswer, words: Words): string[] {
  if (answer.status !== "unknown" || answer.reason !== "invalid_number") return [];
  const isEmpty = "detail" in answer && answer.detail === "empty";
  return isEmpty ? [words.fault.empty] : [words.wrongNumber, explanation(answer, words)];
}

function bodyOf(answer: ShownAnswer, telephone: string, words: Words): (HTMLElement | null)[] {
  switch (answer.status) {
    case "found":
      return foundBody(answer, telephone, words);
    case "not_found":
      return [
        heading("–", words.notFound),
        make("p", { class: "strong" }, words.notSafe),
        nextStep(words.remember, words.notFoundNext, ""),
        warnings(words),
        make("p", { class: "small" }, words.asOf(day(answer.as_of, words))),
        moreAdvice(GENERAL_ADVICE, telephone, words),
      ];
    case "unknown":
      return unknownBody(answer, telephone, words);
  }
}

function foundBody(answer: Found, telephone: string, words: Words): (HTMLElement | null)[] {
  const kind = finding(answer);
  const { first, rest } = orderAdvice(kind, answer.cases);
  const { nextHeading, next, brief, note } = summarise(answer, telephone, words);
  const again: AdviceCode[] = words.advice[first].how.length ? [first] : [];
  return [
    heading("!", words.found[kind]),
    make("p", { class: "strong" }, note),
    nextStep(nextHeading, next, brief),
    warnings(words),
    make("h3", {}, words.whatHappened),
    ...caseElements(answer, words),
    make("h3", {}, words.whatMay),
    make("p", {}, words.mayMean[kind]),
    make("p", {}, words.formerOwner),
    make("p", { class: "small" }, words.asOf(day(answer.as_of, words))),
    moreAdvice(again.concat(rest), telephone, words),
  ];
}

/** That the owner is not to blame, and with accounts what to say to the police. */
function notYourFault(answer: Found, words: Words): string {
  return [words.notYourFault, answer.malicious ? words.askedByPolice : ""].join(words.code === "zh" ? "" : " ").trim();
}

function caseElements(answer: Found, words: Words): (HTMLElement | null)[] {
  return [
    ...answer.cases.map((item) => caseOf(item, words)),
    answer.cases.length ? null : make("p", {}, words.noCase),
    answer.more ? make("p", {}, words.moreCases) : null,
    answer.malicious ? make("p", {}, words.accounts(answer.accounts)) : null,
    answer.last_seen ? make("p", {}, words.lastSeen(month(answer.last_seen, words))) : null,
  ];
}

function caseOf(item: Case, words: Words): HTMLElement {
  const names = item.data_classes.filter((code): code is DataClass => hasOwn(words.dataClass, code));
  return make(
    "div",
    { class: "case" },
    make("h4", {}, item.title[words.code]),
    make("p", {}, words.kind[item.kind]),
    names.length ? make("p", {}, words.classes(names.map((name) => words.dataClass[name]))) : null,
    ...detailsOf(item, words),
    item.seized_on ? make("p", {}, words.seized(day(item.seized_on, words))) : null,
  );
}

/** What cases.json says about a case. */
function detailsOf({ details }: Case, words: Words): (HTMLElement | null)[] {
  if (!details) return [];
  const { platforms, close, close_url, appeal } = details;
  const { code } = words;
  const text = (value: { zh: string; en: string } | null): HTMLElement | null =>
    value && make("p", {}, value[code]);
  return [
    platforms.length ? make("p", {}, words.platforms(platforms.map((name) => name[code]))) : null,
    close || close_url ? make("p", { class: "strong" }, words.close) : null,
    text(close),
    webLink(close_url),
    appeal ? make("p", { class: "strong" }, words.appeal) : null,
    ...(appeal ? [text(appeal.who), text(appeal.how), text(appeal.papers), webLink(appeal.url)] : []),
  ];
}

/** A link to a page of somebody else, with its address as its text, so that it can be compared. */
function webLink(url: string | null): HTMLElement | null {
  return url ? make("a", { class: "call", href: url, target: "_blank", rel: "noopener noreferrer" }, url) : null;
}

function unknownBody(answer: Unknown, telephone: string, words: Words): (HTMLElement | null)[] {
  // The message stands at the field.
  if (answer.reason === "invalid_number") return [];
  return [
    heading("?", words.unknown),
    make("p", { class: "strong" }, words.notKnown),
    make("p", {}, explanation(answer, words)),
    nextStep(words.nextStep, remedy(answer, telephone, words), ""),
    make("button", { type: "submit", form: "form", class: "again" }, words.again),
    telephone ? callLink(telNumber(telephone), telephone, words.telephone) : null,
    hotline("antifraud", words),
  ];
}

function headingOf(answer: Unknown, words: Words): string {
  return answer.reason === "invalid_number" ? words.wrongNumber : words.unknown;
}

function explanation(answer: Unknown, words: Words): string {
  if ("digits" in answer && answer.digits) return words.mobileLength(answer.digits);
  const detail = "detail" in answer ? answer.detail : undefined;
  if (detail !== undefined && hasOwn(words.fault, detail)) return words.fault[detail as NumberFault];
  return hasOwn(words.why, answer.reason) ? words.why[answer.reason] : words.why.bad_response;
}

/** What to do. */
function remedy(answer: Unknown, telephone: string, words: Words): string {
  const code = remedyOf(answer.reason);
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

function hasOwn(owner: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(owner, key);
}
