// Helper mode: a village official checks the numbers of several people in turn, and prints a slip for each.

import { byId } from "./elements.ts";
import { words } from "./language.ts";

let helping = false;

/** Connect the buttons. `restart` wipes the number and the answer of one person. */
export function startHelper(restart: () => void): void {
  byId("helper").addEventListener("click", () => {
    helping = !helping;
    restart();
  });
  byId("helper-next").addEventListener("click", restart);
  // Some apps' own browsers cannot print: only the hint is shown there.
  byId("print").hidden = typeof window.print !== "function";
  byId("print").addEventListener("click", () => window.print());
}

/** Whether helper mode is on. */
export function isHelping(): boolean {
  return helping;
}

/** Show the controls of helper mode. `answered` says whether there is an answer to print. */
export function showHelper(answered: boolean): void {
  document.body.className = helping ? "helper" : "";
  byId("helper").textContent = helping ? words().helperOff : words().fixed.helper;
  byId("helper").setAttribute("aria-pressed", String(helping));
  byId("helping").hidden = !helping;
  byId("helping-buttons").hidden = byId("slip").hidden = !(helping && answered);
}
