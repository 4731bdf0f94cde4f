// The language of the page and its fixed texts. The choice is not stored; it lasts until the page is closed.

import { en } from "../words/en.ts";
import type { Fixed, Picture, Words } from "../words/words.ts";
import { zh } from "../words/zh.ts";
import { byId } from "./elements.ts";

let current: Words = zh;

/** The texts in the chosen language. */
export function words(): Words {
  return current;
}

/** The first of the browser's languages that the page has; Chinese if there is none. */
export function preferredLanguage(languages: readonly string[]): Words {
  for (const tag of languages) {
    if (/^zh\b/i.test(tag)) return zh;
    if (/^en\b/i.test(tag)) return en;
  }
  return zh;
}

/** Start in the browser's language. */
export function startLanguage(): void {
  setLanguage(preferredLanguage(navigator.languages));
}

/** Switch to the other language. */
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
  const marked = document.querySelectorAll(`[${attribute}]`);
  marked.forEach((element) => set(element, String(element.getAttribute(attribute))));
}
