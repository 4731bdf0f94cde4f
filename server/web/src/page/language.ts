// Which language the page speaks, and its fixed texts. Nothing is remembered: the choice lasts as long as the page.

import { en } from "../words/en.ts";
import type { Fixed, Picture, Words } from "../words/words.ts";
import { zh } from "../words/zh.ts";
import { byId } from "./elements.ts";

let current: Words = zh;

/** The words of the language chosen. */
export function words(): Words {
  return current;
}

/** The browser's first choice among the page's languages; Chinese where it names neither. */
export function preferredLanguage(languages: readonly string[]): Words {
  for (const tag of languages) {
    if (/^zh\b/i.test(tag)) return zh;
    if (/^en\b/i.test(tag)) return en;
  }
  return zh;
}

/** Begin in the browser's language. */
export function startLanguage(): void {
  setLanguage(preferredLanguage(navigator.languages));
}

/** Go over to the other language. */
export function switchLanguage(): void {
  setLanguage(current === zh ? en : zh);
}

function setLanguage(next: Words): void {
  current = next;
  document.documentElement.lang = next.tag;
  document.title = next.fixed.title;
  forEachMarked("words", (element, key) => (element.textContent = next.fixed[key as Fixed]));
  forEachMarked("alt", (element, key) => element.setAttribute("alt", next.picture[key as Picture]));
  byId("language").lang = next.otherTag;
}

function forEachMarked(name: string, set: (element: Element, key: string) => void): void {
  const attribute = `data-${name}`;
  document.querySelectorAll(`[${attribute}]`).forEach((element) => set(element, String(element.getAttribute(attribute))));
}
