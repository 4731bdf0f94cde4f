// The slip of paper that a helper prints: the number's last four digits, the answer and the next step.

import type { Words } from "../words/words.ts";
import { summarise } from "./answer_view.ts";
import type { Outcome } from "./checker.ts";
import { day } from "./dates.ts";
import { byId, fill, make } from "./elements.ts";

/** Fill the slip. */
export function fillSlip(outcome: Outcome, telephone: string, words: Words): void {
  const { heading, note, next, brief } = summarise(outcome.answer, telephone, words);
  fill(
    byId("slip"),
    make("h2", {}, words.slipTitle),
    make("p", {}, words.slipNumber(outcome.last4)),
    make("p", {}, words.slipDate(day(new Date().toISOString(), words))),
    make("p", { class: "strong" }, heading),
    make("p", {}, note),
    make("h3", {}, words.nextStep),
    make("p", { class: "strong" }, next),
    brief ? make("p", {}, brief) : null,
    make("ul", { class: "warnings" }, ...words.warnings.map((text) => make("li", {}, text))),
    make("h3", {}, words.slipCalls),
    ...callLines(telephone, words),
  );
}

function callLines(telephone: string, words: Words): HTMLElement[] {
  const lines = (["110", "96110", "12377"] as const).map((number) => make("p", {}, `${number}  ${words.call[number]}`));
  lines.push(make("p", {}, `010-12321  ${words.call["12321"]}`));
  return telephone ? [...lines, make("p", {}, `${telephone}  ${words.telephone}`)] : lines;
}

/** Clear the slip. */
export function clearSlip(): void {
  fill(byId("slip"));
}
