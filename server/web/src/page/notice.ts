// The notice above the answer: what has just happened, until the person goes on.

import { byId } from "./elements.ts";

/** Says the notice in the chosen language; null if there is none. */
let notice: (() => string) | null = null;

/** Show a notice, and bring it into view. It stays when the page is rendered again, until `dropNotice`. */
export function showNotice(text: () => string): void {
  keepNotice(text);
  byId("cleared").textContent = text();
  byId("cleared").scrollIntoView({ block: "center" });
}

/** Show a notice from the next `renderNotice` on. */
export function keepNotice(text: () => string): void {
  notice = text;
}

/** Remove the notice from the next `renderNotice` on. */
export function dropNotice(): void {
  notice = null;
}

/** Show the notice in the chosen language. Screen readers say it again only if it is another. */
export function renderNotice(): void {
  const text = notice ? notice() : "";
  if (byId("cleared").textContent !== text) byId("cleared").textContent = text;
}
