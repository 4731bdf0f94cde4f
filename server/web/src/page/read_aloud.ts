// Reads the page aloud. Uses only voices on the device: a remote voice would send the answer to its provider.

import type { Words } from "../words/words.ts";
import { words } from "./language.ts";
import { byId, fill, make, showNotice } from "./elements.ts";

/** The time limit for a voice to start, in milliseconds. Some devices have the function but no voice. */
const VOICE_LIMIT = 5000;

let speaking = false;
let voiceFailed = false;
let timer = 0;

/** Show the button if the device may have a voice, and keep it up to date. */
export function startReadAloud(): void {
  byId("aloud").addEventListener("click", toggle);
  if (hasSpeech() && speechSynthesis.addEventListener) {
    speechSynthesis.addEventListener("voiceschanged", updateReadAloud);
  }
  document.addEventListener("visibilitychange", stopReading);
  updateReadAloud();
}

/** A second button, for the answer. Null if the device cannot speak. */
export function readAloudButton(): HTMLElement | null {
  if (!canSpeak()) return null;
  const button = make("button", { type: "button", class: "second aloud" });
  button.addEventListener("click", toggle);
  return button;
}

/** Update the texts of the buttons and whether they are shown. */
export function updateReadAloud(): void {
  document.querySelectorAll<HTMLElement>("#aloud, .aloud").forEach((button) => {
    fill(button, speaking ? words().stop : words().readAloud);
    button.setAttribute("aria-pressed", String(speaking));
    button.hidden = !canSpeak();
  });
}

/** Stop reading. */
export function stopReading(): void {
  if (!hasSpeech()) return;
  speaking = false;
  clearTimeout(timer);
  speechSynthesis.cancel();
  updateReadAloud();
}

function toggle(): void {
  if (speaking) return stopReading();
  speechSynthesis.cancel();
  speaking = true;
  timer = window.setTimeout(reportNoVoice, VOICE_LIMIT);
  // One utterance for each text: some engines stop an utterance after 15 seconds.
  const texts = visibleTexts().map((text) => spellDigits(text, words().code));
  texts.forEach((text, index) => speechSynthesis.speak(utterance(text, index === texts.length - 1)));
  updateReadAloud();
}

function utterance(text: string, isLast: boolean): SpeechSynthesisUtterance {
  const made = new SpeechSynthesisUtterance(text);
  made.lang = words().tag;
  made.voice = voiceFor(words()) ?? null;
  made.rate = 0.85;
  made.onstart = (): void => clearTimeout(timer);
  made.onend = (): void => {
    if (isLast && speaking) stopReading();
  };
  made.onerror = (event): void => {
    if (event.error !== "canceled" && event.error !== "interrupted") reportNoVoice();
  };
  return made;
}

function reportNoVoice(): void {
  voiceFailed = true;
  stopReading();
  showNotice(words().cannotSpeak);
}

/** The texts to read: the answer if there is one, otherwise the question. */
function visibleTexts(): string[] {
  const answered = byId("answer").getAttribute("data-status") !== "";
  const found = document.querySelectorAll<HTMLElement>(
    answered
      ? "#fault p, #answer h2, #answer h3, #answer h4, #answer p, #answer li, #answer a"
      : "#question, .lead, #form label, #promise, #before h2, #before img, #before h3, #before p",
  );
  // Skip what is inside a closed `details`: it has no box in old browsers, and no text in new ones.
  const textOf = (element: HTMLElement): string =>
    element.offsetParent ? element.getAttribute("alt") || element.innerText : "";
  return Array.from(found, (element) => textOf(element).replace(/^[!?–]\s*/, "").replace(/\s+/g, " ")).filter((text) => text !== "");
}

/**
 * A text with its telephone numbers spelled out, as people say them: a voice would read 96110 as a quantity. In Chinese,
 * the digit one is then said as 幺. Numbers of four digits are years.
 */
export function spellDigits(text: string, language: "zh" | "en"): string {
  return text.replace(/[0-9]{3,}(?:-[0-9]{5,})?/g, (number) => {
    if (number.length === 4) return number;
    const digits = number.replace("-", "").split("");
    return language === "zh" ? digits.map((digit) => "零幺二三四五六七八九"[Number(digit)]).join("") : digits.join(" ");
  });
}

function canSpeak(): boolean {
  return !voiceFailed && hasSpeech() && voiceFor(words()) !== null;
}

function hasSpeech(): boolean {
  return typeof speechSynthesis === "object" && typeof SpeechSynthesisUtterance === "function";
}

/** A voice on the device for the language. Undefined if the browser does not list voices, null if there is none. */
function voiceFor(language: Words): SpeechSynthesisVoice | undefined | null {
  const voices = speechSynthesis.getVoices();
  if (!voices.length) return undefined;
  const speaks = (voice: SpeechSynthesisVoice): boolean =>
    voice.localService && voice.lang.toLowerCase().replace("_", "-").indexOf(language.code) === 0;
  const able = voices.filter(speaks);
  // Prefer Mandarin among the Chinese voices.
  return able.filter((voice) => voice.lang.replace("_", "-") === "zh-CN")[0] ?? able[0] ?? null;
}
