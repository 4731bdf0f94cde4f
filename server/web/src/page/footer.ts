// The footer: who runs the page, the official address to compare with, and the newest cases.

import type { Words } from "../words/words.ts";
import type { Case } from "../worker/messages.ts";
import { telNumber } from "./advice_view.ts";
import { day } from "./dates.ts";
import { byId, callLink, fill, make } from "./elements.ts";
import type { Operator } from "./config.ts";

/** The operator's name in the page's language or the other one. "" if it is not configured. */
export function operatorName(operator: Operator | null, words: Words): string {
  return operator ? operator.name[words.code] || operator.name.zh || operator.name.en : "";
}

/** Show who runs the page. `operator` is null until the configuration is loaded. */
export function showOperator(operator: Operator | null, words: Words): void {
  const name = operatorName(operator, words);
  byId("by").textContent = name ? words.by(name) : "";
  fill(
    byId("operator"),
    make("p", {}, name ? words.operator(name) : words.noOperator),
    operator?.filing ? make("p", {}, words.filing(operator.filing)) : null,
    operator?.telephone ? callLink(telNumber(operator.telephone), operator.telephone, words.telephone) : null,
  );
  showAddress(operator ? operator.address : "", words);
}

function showAddress(address: string, words: Words): void {
  if (!address) return fill(byId("address"), words.noAddress);
  fill(
    byId("address"),
    make("strong", {}, words.address(address)),
    originOf(address) !== location.origin ? make("p", {}, words.elsewhere(location.origin)) : null,
  );
}

/** List the newest cases: the same for everybody, whatever was checked. Hidden while there are none. */
export function showNewest(cases: Case[], words: Words): void {
  byId("newest").hidden = !cases.length;
  const text = ({ title, kind, seized_on }: Case): string[] =>
    [title[words.code], words.kind[kind], seized_on ? words.seized(day(seized_on, words)) : ""];
  const item = (one: Case): HTMLElement => make("li", {}, ...text(one).map((line) => make("div", {}, line)));
  fill(byId("newest-cases"), ...cases.map(item));
  // Made again each time, because a kiosk takes the address of every such link away.
  fill(byId("feed"), make("a", { class: "call", href: "feed.xml" }, words.feed));
}

/** The origin of a URL, with or without `https://`. "" if it is not a URL. */
export function originOf(address: string): string {
  try {
    return new URL(/^[a-z]+:\/\//i.test(address) ? address : `https://${address}`).origin;
  } catch {
    return "";
  }
}
