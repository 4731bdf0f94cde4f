// Shows advice: a card for the next step, and a list for the rest.

import type { Advice, AdviceCode, Hotline, Words } from "../words/words.ts";
import { SERVICES, type Services } from "../words/services.ts";
import { callLink, make } from "./elements.ts";

/** The telephone numbers and accounts of the services, as configured. */
let services = SERVICES;

/** Dial these numbers. */
export function dialServices(next: Services): void {
  services = next;
}

/** A link that dials a service. */
export function hotline(name: Hotline, words: Words): HTMLElement {
  return callLink(telNumber(services[name]), services[name], words.call[name]);
}

/** A line of text with the number of a service, for paper. */
export const hotlineText = (name: Hotline, words: Words): string => `${services[name]}  ${words.call[name]}`;

/** The card with the one thing to do now, under the heading `words.nextStep` or `words.remember`. */
export function nextStep(heading: string, title: string, brief: string): HTMLElement {
  return make(
    "div",
    { class: "next" },
    make("h3", {}, heading),
    make("p", { class: "first" }, title),
    brief ? make("p", {}, brief) : null,
  );
}

/** The list of advice, closed at first. */
export function moreAdvice(codes: AdviceCode[], telephone: string, words: Words): HTMLElement {
  const items = codes.map((code) => item(code, words.advice[code], telephone, words));
  return make("details", { id: "more" }, make("summary", {}, make("span", {}, words.more)), ...items);
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
      return hotline("antifraud", words);
    case "report-110":
      return hotline("police", words);
    case "complain-12321":
      return hotline("complaints", words);
    case "complain-12377":
      return hotline("reports", words);
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
