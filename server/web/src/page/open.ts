// The page at work: the field, the check, the answer, and how all of it is wiped.

import type { Step } from "../worker/messages.ts";
import { aloudButton, hush, showAloud, startAloud } from "./aloud.ts";
import { clearAnswer, showAnswer } from "./answer.ts";
import { type Checker, type Outcome, startChecker } from "./checker.ts";
import { byId, fill, make } from "./elements.ts";
import { showOperator } from "./foot.ts";
import { isHelping, showHelper, startHelper } from "./helper.ts";
import { startLanguage, switchLanguage, words } from "./language.ts";
import { watchLeaving } from "./leaving.ts";
import { clearNumber, focusNumber, holdNumber, markNumber, number, watchNumber } from "./number.ts";
import { showSent } from "./sent.ts";
import { type Config, loadConfig } from "./settings.ts";
import { clearSlip, fillSlip } from "./slip.ts";

let config: Config | null = null;
let checker: Checker | null = null;
let preparing: Promise<"not_configured" | "unreachable" | null> | null = null;
let outcome: Outcome | null = null;
let step: [Step, number | undefined] | null = null;
let busy = false;
let wiped = false;
/** Grows with every check and wipe: what an earlier one brings comes too late. */
let turn = 0;

/** Bring the page to life. */
export function open(): void {
  startLanguage();
  byId("language").addEventListener("click", otherLanguage);
  byId("bigger").addEventListener("click", bigger);
  byId("form").addEventListener("submit", submit);
  watchNumber(edited);
  watchLeaving(leave, showWiped);
  startAloud();
  startHelper(nextPerson);
  draw();
  byId("unsupported").hidden = true;
  byId("page").hidden = false;
  prepare().then((failure) => {
    if (failure === "not_configured" && !busy && !outcome) finish(failed(failure));
  });
  keepOffline();
}

/** Settings and worker, once. What stands in the way, or null; after a failure the next check tries again. */
function prepare(): Promise<"not_configured" | "unreachable" | null> {
  return (preparing = preparing ?? begin().then((failure) => {
    if (failure) preparing = null;
    return failure;
  }));
}

function begin(): Promise<"not_configured" | "unreachable" | null> {
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
  draw();
  const mine = turn;
  const text = number();
  prepare().then((failure) => {
    if (mine !== turn) return;
    if (failure || !checker) answer(failed(failure ?? "unreachable"));
    else checker.ask(text, progress, answer);
  });
}

function progress(next: Step, share: number | undefined): void {
  step = [next, share];
  showStep();
}

function answer(got: Outcome): void {
  finish(got);
  byId("answer").scrollIntoView();
  byId("answer-heading").focus();
}

function finish(got: Outcome): void {
  busy = false;
  step = null;
  outcome = got;
  draw();
}

function failed(reason: "not_configured" | "unreachable"): Outcome {
  return { answer: { status: "unknown", reason }, last4: "", sent: [] };
}

/** Forget the answer and the check under way; the number stays. */
function restart(): void {
  turn++;
  checker?.stop();
  hush();
  busy = wiped = false;
  outcome = step = null;
  draw();
}

/** An answer belongs to the number as it was checked, so it goes with the first change. */
function edited(): void {
  if (busy || outcome || wiped) restart();
}

function nextPerson(): void {
  restart();
  clearNumber();
  focusNumber();
}

/** Wipe everything, and say so if there was anything. */
function leave(): void {
  const had = wiped || busy || outcome !== null || number() !== "";
  restart();
  clearNumber();
  wiped = had;
  draw();
}

function otherLanguage(): void {
  const wasOpen = document.querySelector("#more[open]") !== null;
  hush();
  switchLanguage();
  draw();
  if (wasOpen) byId("more").setAttribute("open", "");
}

function bigger(): void {
  const isBigger = document.documentElement.classList.toggle("bigger");
  byId("bigger").setAttribute("aria-pressed", String(isBigger));
}

/** Show what is so, in the language chosen. */
function draw(): void {
  const telephone = config ? config.operator.telephone : "";
  if (outcome) showAnswer(outcome.answer, telephone, words(), aloudButton());
  else clearAnswer();
  if (outcome && isHelping()) fillSlip(outcome, telephone, words());
  else clearSlip();
  showSent(outcome ? outcome.sent : null, words());
  byId("before").hidden = outcome !== null || isHelping();
  showHelper(outcome !== null && outcome.last4 !== "");
  showOperator(config ? config.operator : null, words());
  showWiped();
  markNumber(outcome !== null && outcome.answer.status === "unknown" && outcome.answer.reason === "invalid_number");
  showStep();
  showAloud();
}

/** Also when the page is seen again: what changed while it was hidden is not always spoken. */
function showWiped(): void {
  byId("cleared").textContent = wiped ? words().cleared : "";
}

function showStep(): void {
  const button = byId("check");
  button.setAttribute("aria-disabled", String(busy));
  button.textContent = busy ? words().checking : words().fixed.check;
  holdNumber(busy);
  const percent = step && step[1] !== undefined ? ` ${Math.round(step[1] * 100)}%` : "";
  // The share changes too often to be spoken.
  const share = percent ? make("span", { "aria-hidden": "true" }, percent) : null;
  const text = step ? words().step[step[0]] : "";
  const line = byId("step");
  if (line.firstChild?.nodeValue === text && line.childNodes[1] && share) line.replaceChild(share, line.childNodes[1]);
  else fill(line, text, share);
}

/** The service worker shows a page of its own when there is no network, and keeps nothing else. */
function keepOffline(): void {
  if (!("serviceWorker" in navigator)) return;
  // Without it the browser's own page is shown instead, which is no worse for a check.
  navigator.serviceWorker.register("sw.js").catch(() => console.warn("no offline page"));
}
