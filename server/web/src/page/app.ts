// The page at work: the field, the check, the answer, and how all of it is wiped.

import type { Step } from "../worker/messages.ts";
import { readAloudButton, stopReading, updateReadAloud, startReadAloud } from "./read_aloud.ts";
import { clearAnswer, showAnswer } from "./answer_view.ts";
import { type Checker, type Outcome, startChecker } from "./checker.ts";
import { byId, fill, make } from "./elements.ts";
import { showOperator } from "./footer.ts";
import { isHelping, showHelper, startHelper } from "./helper.ts";
import { startLanguage, switchLanguage, words } from "./language.ts";
import { wipeOnLeave } from "./wipe_on_leave.ts";
import { clearNumber, focusNumber, lockNumber, enteredText, markInvalid, watchNumber } from "./number_field.ts";
import { showSent } from "./sent_panel.ts";
import { type Config, loadConfig } from "./config.ts";
import { clearSlip, fillSlip } from "./slip.ts";

let config: Config | null = null;
let checker: Checker | null = null;
let preparing: Promise<"not_configured" | "unreachable" | null> | null = null;
let outcome: Outcome | null = null;
let step: [Step, number | undefined] | null = null;
let busy = false;
let wiped = false;
/** Grows with every check and wipe: what an earlier one brings comes too late. */
let generation = 0;

/** Bring the page to life. */
export function startApp(): void {
  startLanguage();
  byId("language").addEventListener("click", changeLanguage);
  byId("bigger").addEventListener("click", toggleBigger);
  byId("form").addEventListener("submit", submit);
  watchNumber(onEdit);
  wipeOnLeave(wipe, showWiped);
  startReadAloud();
  startHelper(nextPerson);
  render();
  byId("unsupported").hidden = true;
  byId("page").hidden = false;
  prepare().then((failure) => {
    if (failure === "not_configured" && !busy && !outcome) finish(failedOutcome(failure));
  });
  registerServiceWorker();
}

/** Settings and worker, once. What stands in the way, or null; after a failure the next check tries again. */
function prepare(): Promise<"not_configured" | "unreachable" | null> {
  return (preparing = preparing ?? loadAndStart().then((failure) => {
    if (failure) preparing = null;
    return failure;
  }));
}

function loadAndStart(): Promise<"not_configured" | "unreachable" | null> {
  return loadConfig().then(
    (found) => {
      if (!found) return "not_configured";
      config = found;
      checker = startChecker(found.settings);
      showOperator(config.operator, words());
      return null;
    },
    () => "unreachable",
  );
}

function submit(event: Event): void {
  event.preventDefault();
  if (busy) return;
  restart();
  busy = true;
  step = ["reading", undefined];
  render();
  const current = generation;
  const text = enteredText();
  prepare().then((failure) => {
    if (current !== generation) return;
    if (failure || !checker) showOutcome(failedOutcome(failure ?? "unreachable"));
    else checker.ask(text, progress, showOutcome);
  });
}

function progress(next: Step, share: number | undefined): void {
  step = [next, share];
  showStep();
}

function showOutcome(received: Outcome): void {
  finish(received);
  byId("answer").scrollIntoView();
  byId("answer-heading").focus();
}

function finish(received: Outcome): void {
  busy = false;
  step = null;
  outcome = received;
  render();
}

function failedOutcome(reason: "not_configured" | "unreachable"): Outcome {
  return { answer: { status: "unknown", reason }, last4: "", sent: [] };
}

/** Forget the answer and the check under way; the number stays. */
function restart(): void {
  generation++;
  checker?.stop();
  stopReading();
  busy = wiped = false;
  outcome = step = null;
  render();
}

/** An answer belongs to the number as it was checked, so it goes with the first change. */
function onEdit(): void {
  if (busy || outcome || wiped) restart();
}

function nextPerson(): void {
  restart();
  clearNumber();
  focusNumber();
}

/** Wipe everything, and say so if there was anything. */
function wipe(): void {
  const hadContent = wiped || busy || outcome !== null || enteredText() !== "";
  restart();
  clearNumber();
  wiped = hadContent;
  render();
}

function changeLanguage(): void {
  const wasOpen = document.querySelector("#more[open]") !== null;
  stopReading();
  switchLanguage();
  render();
  if (wasOpen) byId("more").setAttribute("open", "");
}

function toggleBigger(): void {
  const isBigger = document.documentElement.classList.toggle("bigger");
  byId("bigger").setAttribute("aria-pressed", String(isBigger));
}

/** Show what is so, in the language chosen. */
function render(): void {
  const telephone = config ? config.operator.telephone : "";
  if (outcome) showAnswer(outcome.answer, telephone, words(), readAloudButton());
  else clearAnswer();
  if (outcome && isHelping()) fillSlip(outcome, telephone, words());
  else clearSlip();
  showSent(outcome ? outcome.sent : null, words());
  byId("before").hidden = outcome !== null || isHelping();
  showHelper(outcome !== null && outcome.last4 !== "");
  showOperator(config ? config.operator : null, words());
  showWiped();
  markInvalid(outcome !== null && outcome.answer.status === "unknown" && outcome.answer.reason === "invalid_number");
  showStep();
  updateReadAloud();
}

/** Also when the page is seen again: what changed while it was hidden is not always spoken. */
function showWiped(): void {
  byId("cleared").textContent = wiped ? words().cleared : "";
}

function showStep(): void {
  const button = byId("check");
  button.setAttribute("aria-disabled", String(busy));
  button.textContent = busy ? words().checking : words().fixed.check;
  lockNumber(busy);
  const percent = step && step[1] !== undefined ? ` ${Math.round(step[1] * 100)}%` : "";
  // The share changes too often to be spoken.
  const share = percent ? make("span", { "aria-hidden": "true" }, percent) : null;
  const text = step ? words().step[step[0]] : "";
  const line = byId("step");
  if (line.firstChild?.nodeValue === text && line.childNodes[1] && share) line.replaceChild(share, line.childNodes[1]);
  else fill(line, text, share);
}

/** The service worker shows a page of its own when there is no network, and keeps nothing else. */
function registerServiceWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  // Without it the browser's own page is shown instead, which is no worse for a check.
  navigator.serviceWorker.register("sw.js").catch(() => console.warn("no offline page"));
}
