// The slip of paper that a helper prints: the number's last four digits, the answer and the next step.

import { hotlineText } from "./advice_view.ts";
import type { Operator } from "./config.ts";
import type { Words } from "../words/words.ts";
import { summarise } from "./answer_view.ts";
import { operatorName } from "./footer.ts";
import type { Outcome } from "./checker.ts";
import { day } from "./dates.ts";
import { byId, fill, make } from "./elements.ts";

/** Fill the slip. `operator` is null if the configuration is missing. */
export function fillSlip(outcome: Outcome, operator: Operator | null, words: Words): void {
  const { telephone, address } = operator ?? { telephone: "", address: "" };
  const { answer, last4 } = outcome;
  const { heading, note, nextHeading, next, brief } = summarise(answer, telephone, words);
  const issuer = operatorName(operator, words);
  fill(
    byId("slip"),
    make("h2", {}, words.slipTitle),
    make("p", {}, words.slipNumber(last4)),
    make("p", {}, words.slipDate(day(new Date().toISOString(), words))),
    "as_of" in answer ? make("p", {}, words.asOf(day(answer.as_of, words))) : null,
    make("p", { class: "strong" }, heading),
    make("p", {}, note),
    make("h3", {}, nextHeading),
    make("p", { class: "strong" }, next),
    brief ? make("p", {}, brief) : null,
    make("ul", { class: "warnings" }, ...words.warnings.map((text) => make("li", {}, text))),
    make("h3", {}, words.slipCalls),
    ...callLines(telephone, words),
    issuer ? make("p", {}, words.operator(issuer)) : null,
    address ? make("p", {}, words.address(address)) : null,
    make("p", {}, words.slipNote),
  );
}

function callLines(telephone: string, words: Words): HTMLElement[] {
  const names = ["police", "antifraud", "reports", "complaints"] as const;
  const lines = names.map((name) => make("p", {}, hotlineText(name, words)));
  return telephone ? [...lines, make("p", {}, `${telephone}  ${words.telephone}`)] : lines;
}

/** Clear the slip. */
export function clearSlip(): void {
  fill(byId("slip"));
}
