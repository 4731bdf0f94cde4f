// Opens the script hall.js, for a village official who checks the numbers of several people (`#help`) and for a device
// that anybody may use (`#kiosk`). The address alone decides: nothing is stored, and the mode survives a reload.

import type { Words } from "../words/words.ts";
import type { summarise } from "./answer_view.ts";
import type { hotlineText } from "./advice_view.ts";
import type { Outcome } from "./checker.ts";
import type { Operator } from "./config.ts";
import type { day } from "./dates.ts";
import { byId } from "./elements.ts";
import type { operatorName } from "./footer.ts";
import { loadScript } from "./load_script.ts";
import { showNotice } from "./notice.ts";

/** What the page lends to hall.js, which is a bundle of its own. */
export interface HallPage {
  words(): Words;
  operator(): Operator | null;
  outcome(): Outcome | null;
  /** Whether there is a number, a check or an answer. */
  isUsed(): boolean;
  /** Wipe the number and the answer. */
  clear(): void;
  /** Go back to the language and the size of text with which the page was opened. */
  resetView(): void;
  summarise: typeof summarise;
  hotlineText: typeof hotlineText;
  operatorName: typeof operatorName;
  day: typeof day;
}

/** The open hall. */
export interface Hall {
  /** Show its texts and the slip. Called after each change of the page. */
  render(): void;
  /** Remove all that it added to the page. */
  close(): void;
}

export type OpenHall = (page: HallPage, mode: "help" | "kiosk") => Hall;

let hall: Hall | null = null;
/** The mode that was asked for last, which may still be loading. */
let wanted: "help" | "kiosk" | null = null;

/** Follow the address. `render` shows the page again after the hall has opened or closed. */
export function startHall(page: HallPage, render: () => void, notLoaded: () => string): void {
  const follow = (): void => {
    const mode = modeOf(location.hash);
    if (mode === wanted) return;
    wanted = mode;
    hall?.close();
    hall = null;
    page.clear();
    if (!mode) return;
    const opened = (): void => {
      if (mode !== wanted || hall) return;
      hall = (self as unknown as { pilookupHall: OpenHall }).pilookupHall(page, mode);
      render();
    };
    loadScript("hall.js").then(opened, () => {
      wanted = null;
      showNotice(notLoaded);
    });
  };
  window.addEventListener("hashchange", follow);
  byId("helper").addEventListener("click", () => {
    history.replaceState(null, "", location.pathname + location.search + (wanted ? "" : "#help"));
    follow();
  });
  follow();
}

/** Show the hall, if it is open. */
export function renderHall(): void {
  byId("helper").setAttribute("aria-pressed", String(isHall()));
  hall?.render();
}

/** Whether the hall is open. */
export function isHall(): boolean {
  return hall !== null;
}

/** The mode that an address asks for. */
export function modeOf(hash: string): "help" | "kiosk" | null {
  const found = /\b(help|kiosk)\b/.exec(hash);
  return found ? (found[1] as "help" | "kiosk") : null;
}
