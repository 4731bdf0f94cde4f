// The script hall.js: helper mode and the kiosk. Adds a note at the top, which asks for consent first, the buttons for the
// next person under the next step, and the slip.

import { byId, fill, make } from "../page/elements.ts";
import type { Hall, HallPage, OpenHall } from "../page/hall.ts";
import { HALL_WORDS } from "../words/hall.ts";
import { startKeypad } from "./keypad.ts";
import { startKiosk } from "./kiosk.ts";
import { fillSlip } from "./slip.ts";

function button(id: string, name: string, press: () => void): HTMLElement {
  const made = make("button", { type: "button", id, class: name });
  made.addEventListener("click", press);
  return made;
}

const openHall: OpenHall = (page, mode) => {
  const note = make("div", { id: "helping", class: "note", tabindex: "-1" });
  const next = (): void => {
    page.clear();
    byId("number").focus({ preventScroll: true });
    note.scrollIntoView();
  };
  const slip = make("section", { id: "slip" });
  const [first, printer] = [button("helper-next", "", next), button("print", "second", () => window.print())];
  // Some apps' own browsers cannot print: only the hint is shown there.
  printer.hidden = typeof window.print !== "function";
  const hint = make("p", { class: "small" });
  const buttons = make("div", { id: "helping-buttons" }, first, printer, hint);
  const question = byId("question");
  (question.parentNode as Node).insertBefore(note, question);
  const answer = byId("answer");
  (answer.parentNode as Node).insertBefore(slip, answer.nextSibling);
  document.body.className = mode === "kiosk" ? "helper kiosk" : "helper";
  const isKiosk = mode === "kiosk";
  const parts = isKiosk ? [startKiosk(page, note, next), startKeypad(page)] : [];
  if (!isKiosk) note.focus();
  note.scrollIntoView();

  return {
    render: () => {
      const words = HALL_WORDS[page.words().code];
      if (!isKiosk) {
        byId("helper").textContent = words.helperOff;
        fill(note, make("p", { class: "strong" }, words.consent), make("p", {}, words.helperText));
      }
      parts.forEach((part) => part.render());
      first.textContent = words.helperNext;
      printer.textContent = words.print;
      hint.textContent = words.printHint;
      showAnswer(page, buttons, slip);
    },
    close: () => {
      parts.forEach((part) => part.close());
      for (const added of [note, slip, buttons]) if (added.parentNode) added.parentNode.removeChild(added);
      document.body.className = "";
      byId("helper").textContent = page.words().fixed.helper;
    },
  };
};

/** Put the buttons under the next step and fill the slip, if there is an answer about a number. */
function showAnswer(page: HallPage, buttons: HTMLElement, slip: HTMLElement): void {
  const outcome = page.outcome();
  const isAnswered = outcome !== null && outcome.last4 !== "";
  slip.hidden = !isAnswered;
  fill(slip);
  const step = document.querySelector("#answer .next");
  if (!isAnswered || !step) return;
  (step.parentNode as Node).insertBefore(buttons, step.nextSibling);
  fillSlip(slip, outcome, page);
}

(self as unknown as { pilookupHall: typeof openHall }).pilookupHall = openHall;

export type { Hall };
