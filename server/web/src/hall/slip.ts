// The slip of paper that a helper prints: the number's last four digits, the answer and the next step.

import type { Outcome } from "../page/checker.ts";
import { fill, make } from "../page/elements.ts";
import type { HallPage } from "../page/hall.ts";
import { HALL_WORDS } from "../words/hall.ts";

/** Fill the slip. */
export function fillSlip(slip: HTMLElement, { answer, last4 }: Outcome, page: HallPage): void {
  const [words, operator] = [page.words(), page.operator()];
  const hall = HALL_WORDS[words.code];
  const { telephone, address } = operator ?? { telephone: "", address: "" };
  const { heading, note, nextHeading, next, brief } = page.summarise(answer, telephone, words);
  const issuer = page.operatorName(operator, words);
  const line = (text: string | null): HTMLElement | null => (text ? make("p", {}, text) : null);
  fill(
    slip,
    make("h2", {}, hall.slipTitle),
    line(hall.slipNumber(last4)),
    line(hall.slipDate(page.day(new Date().toISOString(), words))),
    line("as_of" in answer ? words.asOf(page.day(answer.as_of, words)) : null),
    make("p", { class: "strong" }, heading),
    line(note),
    make("h3", {}, nextHeading),
    make("p", { class: "strong" }, next),
    line(brief),
    make("ul", { class: "warnings" }, ...words.warnings.map((text) => make("li", {}, text))),
    make("h3", {}, hall.slipCalls),
    ...(["police", "antifraud", "reports", "complaints"] as const).map((name) => line(page.hotlineText(name, words))),
    line(telephone && `${telephone}  ${words.telephone}`),
    line(issuer && words.operator(issuer)),
    line(address && words.address(address)),
    line(hall.slipNote),
  );
}
