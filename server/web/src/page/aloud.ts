// Read aloud, with a voice that lives on the device: one from elsewhere would be told the answer.

import type { Words } from "../words/words.ts";
import { words } from "./language.ts";
import { byId, fill, make } from "./elements.ts";

/** So long may a voice take to begin, in milliseconds; some devices have the function and no voice. */
const VOICE_LIMIT = 5000;

let speaking = false;
let dumb = false;
let timer = 0;

/** Show the button wherever the device may have a voice, and keep it right. */
export function startAloud(): void {
  byId("aloud").addEventListener("click", toggle);
  if (hasSpeech() && speechSynthesis.addEventListener) speechSynthesis.addEventListener("voiceschanged", showAloud);
  document.addEventListener("visibilitychange", hush);
  showAloud();
}

/** A second button for the answer; null where the device cannot speak. */
export function aloudButton(): HTMLElement | null {
  if (!canSpeak()) return null;
  const button = make("button", { type: "button", class: "second aloud" });
  button.addEventListener("click", toggle);
  return button;
}

/** Set the buttons' words and whether they are there. */
export function showAloud(): void {
  document.querySelectorAll<HTMLElement>("#aloud, .aloud").forEach((button) => {
    fill(button, speaking ? words().quiet : words().aloud);
    button.setAttribute("aria-pressed", String(speaking));
    button.hidden = !canSpeak();
  });
}

/** Stop reading. */
export function hush(): void {
  if (!hasSpeech()) return;
  speaking = false;
  clearTimeout(timer);
  speechSynthesis.cancel();
  showAloud();
}

function toggle(): void {
  if (speaking) return hush();
  speechSynthesis.cancel();
  speaking = true;
  timer = window.setTimeout(giveUp, VOICE_LIMIT);
  // Short utterances: some engines fall silent after a quarter of a minute.
  const texts = visibleTexts();
  texts.forEach((text, index) => speechSynthesis.speak(utterance(text, index === texts.length - 1)));
  showAloud();
}

function utterance(text: string, isLast: boolean): SpeechSynthesisUtterance {
  const made = new SpeechSynthesisUtterance(text);
  made.lang = words().tag;
  made.voice = voiceFor(words()) ?? null;
  made.rate = 0.85;
  made.onstart = (): void => clearTimeout(timer);
  made.onend = (): void => {
    if (isLast && speaking) hush();
  };
  made.onerror = (event): void => {
    if (event.error !== "canceled" && event.error !== "interrupted") giveUp();
  };
  return made;
}

function giveUp(): void {
  dumb = true;
  hush();
  byId("cleared").textContent = words().cannotSpeak;
}

/** What a reader would be told: the answer where there is one, else the question. */
function visibleTexts(): string[] {
  const answered = byId("answer").getAttribute("data-status") !== "";
  const found = document.querySelectorAll<HTMLElement>(
    answered ? "#answer h2, #answer h3, #answer h4, #answer p, #answer li" : "#question, .lead, #form label, #promise",
  );
  // Nothing of what is folded away: without a box in old browsers, without text in new ones.
  const textOf = (element: HTMLElement): string => (element.offsetParent ? element.innerText : "");
  return Array.from(found, (element) => textOf(element).replace(/^[!?–]\s*/, "")).filter((text) => text !== "");
}

function canSpeak(): boolean {
  return !dumb && hasSpeech() && voiceFor(words()) !== null;
}

function hasSpeech(): boolean {
  return typeof speechSynthesis === "object" && typeof SpeechSynthesisUtterance === "function";
}

/** A voice of the device for the language; undefined where it does not tell its voices, null where it has none. */
function voiceFor(language: Words): SpeechSynthesisVoice | undefined | null {
  const voices = speechSynthesis.getVoices();
  if (!voices.length) return undefined;
  const speaks = (voice: SpeechSynthesisVoice): boolean =>
    voice.localService && voice.lang.toLowerCase().replace("_", "-").indexOf(language.code) === 0;
  const able = voices.filter(speaks);
  // Of the Chinese voices the Mandarin one, if the device tells.
  return able.filter((voice) => voice.lang.replace("_", "-") === "zh-CN")[0] ?? able[0] ?? null;
}
