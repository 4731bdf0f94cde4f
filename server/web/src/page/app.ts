// The page itself: connects the field, the check and the answer, and wipes all of them.

import type { Case, Step } from "../worker/messages.ts";
import { forgetSound, readAloudButton, startReadAloud, stopReading, updateReadAloud } from "./read_aloud.ts";
import { ALL } from "./advice.ts";
import { dialServices, hotlineText, moreAdvice } from "./advice_view.ts";
import { clearAnswer, faultOf, showAnswer, summarise } from "./answer_view.ts";
import { type Checker, type Outcome, startChecker } from "./checker.ts";
import { byId, fill, make } from "./elements.ts";
import { day } from "./dates.ts";
import { operatorName, showNewest, showOperator } from "./footer.ts";
import { isHall, renderHall, startHall } from "./hall.ts";
import { wrongLength } from "./grouping.ts";
import { resetLanguage, setServices, startLanguage, switchLanguage, words } from "./language.ts";
import { dropNotice, keepNotice, renderNotice, showNotice } from "./notice.ts";
import { wipeOnLeave } from "./wipe_on_leave.ts";
import {
  clearNumber, enteredText, focusNumber, lockNumber, showFault, watchNumber,
} from "./number_field.ts";
import { showSent } from "./sent_panel.ts";
import { type Config, loadConfig } from "./config.ts";

let config: Config | null = null;
let checker: Checker;
let preparing: Promise<"not_configured" | "unreachable" | null> | null = null;
let outcome: Outcome | null = null;
let step: [Step, number | undefined] | null = null;
/** The newest cases of the catalogue, once the release has been fetched. */
let newest: Case[] = [];
let busy = false;
let wiped = false;
/** Increases with every check and wipe. A result that belongs to a lower value is outdated and ignored. */
let generation = 0;

/** Start the page. */
export function startApp(): Promise<void> {
  return startLanguage().then(start);
}

function start(): void {
  byId("language").addEventListener("click", changeLanguage);
  byId("bigger").addEventListener("click", toggleBigger);
  byId("form").addEventListener("submit", submit);
  checker = startChecker((cases) => {
    newest = cases;
    showDrawings();
    render();
  });
  watchNumber(onEdit);
  wipeOnLeave(wipe, showReturned);
  startReadAloud({ words, config: () => config, outcome: () => outcome });
  render();
  byId("unsupported").hidden = true;
  byId("page").hidden = false;
  startHall(hallPage, render, notLoaded);
  setBigger(isBig());
  prepare().then((failure) => {
    if (failure) showDrawings();
    if (failure === "not_configured" && !busy && !outcome) finish(failedOutcome(failure));
  });
  registerServiceWorker();
}

/** Load the configuration and start the worker, once. The next check tries again after a failure. */
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
      checker.configure(found.settings);
      if (found.services) {
        dialServices(found.services);
        setServices(found.services);
      }
      render();
      return null;
    },
    () => "unreachable",
  );
}

function submit(event: Event): void {
  event.preventDefault();
  if (busy) return;
  reset();
  busy = true;
  step = ["reading", undefined];
  render();
  const current = generation;
  const text = enteredText();
  prepare().then((failure) => {
    if (current !== generation) return;
    if (failure) showOutcome(failedOutcome(failure));
    else checker.ask(text, progress, (received) => showOutcome(withLength(received, text)));
  });
}

function progress(next: Step, share: number | undefined): void {
  step = [next, share];
  showStep();
}

function showOutcome(received: Outcome): void {
  finish(received);
  if (faultOf(received.answer, words()).length) return focusNumber();
  byId("answer").scrollIntoView();
  byId("answer-heading").focus();
}

/** The outcome, with the number of digits if the text is a mobile number with too few or too many of them. */
function withLength(received: Outcome, text: string): Outcome {
  const { answer } = received;
  if (answer.status !== "unknown" || answer.reason !== "invalid_number") return received;
  return { ...received, answer: { ...answer, digits: wrongLength(text) } };
}

/** Fetch the drawings that are seen after scrolling. They come after the release, on which the first answer waits. */
function showDrawings(): void {
  if (busy) return;
  document.querySelectorAll("img[data-src]").forEach((image) => {
    image.setAttribute("src", String(image.getAttribute("data-src")));
    image.removeAttribute("data-src");
  });
}

function finish(received: Outcome): void {
  busy = false;
  showDrawings();
  step = null;
  outcome = received;
  render();
}

function failedOutcome(reason: "not_configured" | "unreachable"): Outcome {
  return { answer: { status: "unknown", reason }, last4: "", sent: [] };
}

/** Stop the current check and remove the answer. Keeps the number. */
function restart(): void {
  reset();
  render();
}

function reset(): void {
  generation++;
  checker.stop();
  stopReading();
  busy = wiped = false;
  outcome = step = null;
  dropNotice();
}

/** Remove the answer as soon as the number is changed, since the answer belongs to the number that was checked. */
function onEdit(): void {
  if (busy || outcome || wiped) restart();
}

/** Wipe the page for the next person. */
function clear(): void {
  restart();
  clearNumber();
  checker.forget();
  forgetSound();
}

const notLoaded = (): string => words().notLoaded;
const cleared = (): string => words().cleared;

const isUsed = (): boolean => wiped || busy || outcome !== null || enteredText() !== "";

/** What the script hall.js may use. */
const hallPage = {
  words,
  operator: () => config && config.operator,
  outcome: () => outcome,
  isUsed,
  clear,
  resetView,
  summarise,
  hotlineText,
  operatorName,
  day,
};

/** Wipe everything, and show a notice if there was anything to wipe. */
function wipe(): void {
  const hadContent = isUsed();
  clear();
  wiped = hadContent;
  if (wiped) keepNotice(cleared);
  render();
}

function changeLanguage(): void {
  const wasOpen = document.querySelector("#more[open]") !== null;
  stopReading();
  switchLanguage().then(
    () => {
      if (!wiped) dropNotice();
      render();
      if (wasOpen) byId("more").setAttribute("open", "");
    },
    () => showNotice(notLoaded),
  );
}

const isBig = (): boolean => /\bbig\b/.test(location.hash);

function toggleBigger(): void {
  setBigger(!document.documentElement.className);
}

function setBigger(isBigger: boolean): void {
  document.documentElement.className = isBigger ? "bigger" : "";
  byId("bigger").setAttribute("aria-pressed", String(isBigger));
}

/** Go back to the language and the size of text with which the page was opened. */
function resetView(): void {
  resetLanguage();
  setBigger(isBig());
}

/** Show the current state in the chosen language. */
function render(): void {
  const telephone = config ? config.operator.telephone : "";
  if (outcome) showAnswer(outcome.answer, telephone, words(), readAloudButton());
  else clearAnswer();
  showSent(outcome ? outcome.sent : null, words());
  byId("before").hidden = outcome !== null || isHall();
  showOperator(config ? config.operator : null, words());
  showNewest(newest, words());
  showWiped();
  showFault(outcome ? faultOf(outcome.answer, words()) : []);
  showStep();
  renderHall();
  updateReadAloud();
}

/** Show or remove the notice, and below it what anybody can do: the same for all, since the answer is wiped. */
function showWiped(): void {
  renderNotice();
  const advice = wiped ? moreAdvice(ALL, config ? config.operator.telephone : "", words()) : null;
  if (advice) advice.setAttribute("open", "");
  fill(byId("howto"), advice);
}

/** Show the notice again when the page becomes visible, since screen readers and eyes may miss it before. */
function showReturned(): void {
  if (wiped) showNotice(cleared);
}


function showStep(): void {
  const button = byId("check");
  button.setAttribute("aria-disabled", String(busy));
  button.textContent = busy ? words().checking : words().fixed.check;
  lockNumber(busy);
  // Screen readers skip the count, since it changes too often.
  const share = step && step[1] !== undefined ? make("span", { "aria-hidden": "true" }, countOf(step[0], step[1])) : null;
  const text = step ? words().step[step[0]] : "";
  const line = byId("step");
  if (line.firstChild?.nodeValue === text && line.childNodes[1] && share) line.replaceChild(share, line.childNodes[1]);
  else fill(line, text, share);
}

function countOf(name: Step, share: number): string {
  return ` ${name === "waiting" ? words().secondsLeft(share) : `${Math.round(share * 100)}%`}`;
}

/** Register the service worker, which shows a page when there is no network and caches nothing else. */
function registerServiceWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  // If that fails, the browser shows its own error page when offline. Checks work the same.
  navigator.serviceWorker.register("sw.js").catch(() => console.warn("no offline page"));
}
