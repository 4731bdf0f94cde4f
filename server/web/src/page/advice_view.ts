// Shows advice: a card for the next step, and a list for the rest.

import type { Advice, AdviceCode, Words } from "../words/words.ts";
import { callLink, make } from "./elements.ts";

/** The card with the one thing to do now. */
export function nextStep(title: string, brief: string, words: Words): HTMLElement {
  return make(
    "div",
    { class: "next" },
    make("h3", {}, words.nextStep),
    make("p", { class: "first" }, title),
    brief ? make("p", {}, brief) : null,
  );
}

/** The list of advice, closed at first. */
export function moreAdvice(codes: AdviceCode[], telephone: string, words: Words): HTMLElement {
  const items = codes.map((code) => item(code, words.advice[code], telephone, words));
  return make("details", { id: "more" }, make("summary", {}, words.more), ...items);
}

/** The short text of an advice. It mentions the operator's telephone only if there is one. */
export function briefOf({ brief, briefAlone }: Advice, telephone: string): string {
  return telephone || briefAlone === undefined ? brief : briefAlone;
}

function item(code: AdviceCode, advice: Advice, telephone: string, words: Words): HTMLElement {
  const how = advice.how.map((line) => make(advice.how.length > 1 ? "li" : "p", {}, line));
  return make(
    "div",
    { class: "advice" },
    make("h3", {}, advice.title),
    make("p", {}, briefOf(advice, telephone)),
    ...(how.length > 1 ? [make("ol", {}, ...how)] : how),
    callLinkFor(code, telephone, words),
  );
}

function callLinkFor(code: AdviceCode, telephone: string, words: Words): HTMLElement | null {
  switch (code) {
    case "answer-96110":
      return callLink("96110", "96110", words.call["96110"]);
    case "report-110":
      return callLink("110", "110", words.call["110"]);
    case "complain-12321":
      return callLink("01012321", "010-12321", words.call["12321"]);
    case "complain-12377":
      return callLink("12377", "12377", words.call["12377"]);
    case "correct-or-erase":
      return telephone ? callLink(telNumber(telephone), telephone, words.telephone) : null;
    default:
      return null;
  }
}

/** The first telephone number in a text, in the form for a `tel:` link: without an extension or a second number. */
export function telNumber(telephone: string): string {
  const first = /\+?[0-9(（][0-9 ()（）－-]*/.exec(telephone);
  return first ? first[0].replace(/[^0-9+]/g, "") : "";
}
