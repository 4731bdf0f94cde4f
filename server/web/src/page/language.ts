// The language of the page and its fixed texts. The choice is not stored; it lasts until the page is closed.

import { type Services, withServices } from "../words/services.ts";
import type { Fixed, Picture, Words } from "../words/words.ts";
import { zh } from "../words/zh.ts";
import { byId } from "./elements.ts";
import { loadScript } from "./load_script.ts";

/** Languages of China whose speakers read the page in Chinese rather than in English. */
const READS_CHINESE = /^(zh|yue|wuu|nan|hak|bo|ug|za|ii|mn|kk)\b/i;

let tables: { zh: Words; en: Words | null } = { zh, en: null };
let services: Services | null = null;
let current: "zh" | "en" = "zh";
/** The language in which the page was opened. */
let first: "zh" | "en" = "zh";

/** The texts in the chosen language. */
export function words(): Words {
  return tables[current] ?? tables.zh;
}

/** The first of the browser's languages that the page has; Chinese if there is none. */
export function preferredLanguage(languages: readonly string[]): "zh" | "en" {
  for (const tag of languages) {
    if (READS_CHINESE.test(tag)) return "zh";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "zh";
}

/** Start in the browser's language, or in Chinese if the English texts cannot be loaded. */
export function startLanguage(): Promise<void> {
  const inChinese = (): void => setLanguage("zh");
  if (preferredLanguage(navigator.languages) === "zh") return Promise.resolve(inChinese());
  return switchLanguage().then(() => {
    first = "en";
  }, inChinese);
}

/** Go back to the browser's language. */
export function resetLanguage(): void {
  setLanguage(first);
}

/** Switch to the other language. Throws when the English texts cannot be loaded. */
export function switchLanguage(): Promise<void> {
  if (current === "en") return Promise.resolve(setLanguage("zh"));
  return loadEnglish().then(() => setLanguage("en"));
}

function loadEnglish(): Promise<void> {
  if (tables.en) return Promise.resolve();
  return loadScript("en.js").then(() => {
    const { pilookupEnglish } = self as unknown as { pilookupEnglish: Words };
    tables.en = services ? withServices(pilookupEnglish, services) : pilookupEnglish;
  });
}

/** Name the services in all texts as the configuration does. */
export function setServices(next: Services): void {
  services = next;
  tables = { zh: withServices(tables.zh, next), en: tables.en && withServices(tables.en, next) };
  setLanguage(current);
}

function setLanguage(next: "zh" | "en"): void {
  current = next;
  const { tag, otherTag, fixed, picture } = words();
  document.documentElement.lang = tag;
  document.title = fixed.title;
  forEachMarked("words", (element, key) => (element.textContent = fixed[key as Fixed]));
  forEachMarked("alt", (element, key) => element.setAttribute("alt", picture[key as Picture]));
  byId("language").lang = otherTag;
}

function forEachMarked(name: string, set: (element: Element, key: string) => void): void {
  const attribute = `data-${name}`;
  const marked = document.querySelectorAll(`[${attribute}]`);
  marked.forEach((element) => set(element, String(element.getAttribute(attribute))));
}
