// Helper mode: a village official checks for several people in a row, and gives each a slip of paper.

import { byId } from "./elements.ts";
import { words } from "./language.ts";

let helping = false;

/** Wire the buttons; `restart` wipes one person's number and answer. */
export function startHelper(restart: () => void): void {
  byId("helper").addEventListener("click", () => {
    helping = !helping;
    restart();
  });
  byId("helper-next").addEventListener("click", restart);
  byId("print").addEventListener("click", () => window.print());
}

export function isHelping(): boolean {
  return helping;
}

/** `answered`: there is an answer to print. */
export function showHelper(answered: boolean): void {
  document.body.className = helping ? "helper" : "";
  byId("helper").textContent = helping ? words().helperOff : words().fixed.helper;
  byId("helper").setAttribute("aria-pressed", String(helping));
  byId("helping").hidden = !helping;
  byId("helping-buttons").hidden = byId("slip").hidden = !(helping && answered);
}
