// The kiosk: a device that anybody may use. Wiped 60 seconds after the last touch, with a count; dials nothing.

import { fill, make } from "../page/elements.ts";
import type { Hall, HallPage } from "../page/hall.ts";
import { HALL_WORDS } from "../words/hall.ts";

/** Seconds without a touch after which the kiosk is wiped. */
const LIMIT = 60;
const TOUCHES = ["pointerdown", "touchstart", "keydown", "wheel", "input"];

/** Start the kiosk. `note` gets its text, count and button; `wipe` wipes the page for the next person. */
export function startKiosk(page: HallPage, note: HTMLElement, wipe: () => void): Hall {
  const count = make("p", { id: "kiosk-count", class: "strong", "aria-hidden": "true" });
  const button = make("button", { type: "button", id: "kiosk-wipe" });
  const view = (): string => page.words().code + document.documentElement.className;
  const start = { steady: 0, day: 0, view: view() };
  const begin = (): void => {
    start.steady = performance.now();
    start.day = Date.now();
  };
  const isUsed = (): boolean =>
    page.isUsed() || view() !== start.view || document.querySelector("details[open]") !== null;
  /** Seconds left. One clock stops while the device sleeps, the other can be set. */
  const left = (): number =>
    Math.ceil(LIMIT - Math.max(performance.now() - start.steady, Date.now() - start.day) / 1000);
  const show = (): void => {
    const used = isUsed();
    if (!used) begin();
    count.textContent = used ? HALL_WORDS[page.words().code].kioskCount(Math.max(left(), 0)) : "";
    button.hidden = !used;
  };
  const reset = (): void => {
    begin();
    document.querySelectorAll("details[open]").forEach((open) => open.removeAttribute("open"));
    page.resetView();
    start.view = view();
    wipe();
    // The last rendering was before the field was emptied: without this, the count stays until the next second.
    show();
  };
  const tick = (): void => {
    if (isUsed() && left() <= 0) reset();
    else show();
  };
  const touch = (): void => {
    begin();
    show();
  };
  button.addEventListener("click", reset);
  for (const name of TOUCHES) document.addEventListener(name, touch, true);
  const timer = setInterval(tick, 1000);
  touch();
  return {
    render: () => {
      const words = HALL_WORDS[page.words().code];
      button.textContent = words.kioskWipe;
      fill(note, make("p", {}, words.kioskText), count, button);
      // A kiosk is no telephone.
      document.querySelectorAll("a.call").forEach((link) => link.removeAttribute("href"));
      show();
    },
    close: () => {
      clearInterval(timer);
      for (const name of TOUCHES) document.removeEventListener(name, touch, true);
    },
  };
}
