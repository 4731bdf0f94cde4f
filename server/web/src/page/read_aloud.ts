// Reads the page aloud: by a recording where config.json names one for the language, otherwise by a voice on the
// device. A remote voice is never used: it would send the answer to its provider.

import type { Words } from "../words/words.ts";
import type { Outcome } from "./checker.ts";
import type { Config, Recording } from "./config.ts";
import { words } from "./language.ts";
import { byId, fill, make } from "./elements.ts";
import { loadScript } from "./load_script.ts";
import { showNotice } from "./notice.ts";

/** The time limit for a voice to start, in milliseconds. Some devices have the function but no voice. */
const VOICE_LIMIT = 5000;

/** What the page lends to sound.js, which is a bundle of its own. */
export interface SoundPage {
  words(): Words;
  config(): Config | null;
  outcome(): Outcome | null;
}

/** The script sound.js. */
export interface Sound {
  /**
   * Play the sentences for what is shown.
   *
   * @param recordings the recordings for the page's language; the listener may choose another than the first
   * @param audio the element to play with, which the press has unlocked
   * @param button the button that was pressed; the choice of languages is put next to it
   * @param ended called when all was played
   * @param failed called when it cannot be played
   */
  play(recordings: Recording[], audio: HTMLAudioElement, button: Element, ended: () => void, failed: () => void): void;
  /** Stop, and forget what was played. */
  stop(): void;
  /** Forget which language was chosen. */
  forget(): void;
}

export type OpenSound = (page: SoundPage) => Sound;

let page: SoundPage;
let sound: Sound | null = null;
let audio: HTMLAudioElement | null = null;
let soundFailed = false;
let speaking = false;
let voiceFailed = false;
let timer = 0;
/** Increases with every reading and stop. */
let reading = 0;

/** Show the button if something can read, and keep it up to date. */
export function startReadAloud(lent: SoundPage): void {
  page = lent;
  byId("aloud").addEventListener("click", toggle);
  if (hasSpeech() && speechSynthesis.addEventListener) {
    speechSynthesis.addEventListener("voiceschanged", updateReadAloud);
  }
  document.addEventListener("visibilitychange", stopReading);
  updateReadAloud();
}

/** A second button, for the answer. Null if nothing can read. */
export function readAloudButton(): HTMLElement | null {
  if (!canRead()) return null;
  const button = make("button", { type: "button", class: "second aloud" });
  button.addEventListener("click", toggle);
  return button;
}

/** Update the texts of the buttons and whether they are shown. */
export function updateReadAloud(): void {
  document.querySelectorAll<HTMLElement>("#aloud, .aloud").forEach((button) => {
    fill(button, speaking ? words().stop : words().readAloud);
    button.setAttribute("aria-pressed", String(speaking));
    button.hidden = !canRead();
  });
}

/** Stop reading. */
export function stopReading(): void {
  reading++;
  speaking = false;
  clearTimeout(timer);
  if (sound) sound.stop();
  if (hasSpeech()) speechSynthesis.cancel();
  updateReadAloud();
}

/** Forget the language that was chosen for listening, for the next person. */
export function forgetSound(): void {
  if (sound) sound.forget();
}

function toggle(event: Event): void {
  if (speaking) return stopReading();
  speaking = true;
  if (hasRecording()) play(event.currentTarget as Element);
  else speak();
  updateReadAloud();
}

/** The recordings in the page's language: every one but English belongs to the Chinese page. */
function recordings(): Recording[] {
  const config = page.config();
  const isEnglish = words().code === "en";
  return config ? config.sounds.filter(({ language }) => /^en\b/i.test(language) === isEnglish) : [];
}

const hasRecording = (): boolean => !soundFailed && recordings().length > 0;

/** Play a recording; the device's voice reads if that fails. */
function play(button: Element): void {
  const mine = ++reading;
  const player = (audio = audio || new Audio());
  // Within the press itself: some browsers let nothing play or speak that the press did not begin.
  player.load();
  if (hasSpeech()) speechSynthesis.speak(new SpeechSynthesisUtterance(""));
  const ended = (): void => {
    if (mine === reading) stopReading();
  };
  const failed = (): void => {
    if (mine !== reading) return;
    soundFailed = true;
    stopReading();
    if (!canRead()) return showNotice(() => words().cannotSpeak);
    speaking = true;
    speak();
    updateReadAloud();
  };
  openSound()
    .then((opened) => mine === reading && opened.play(recordings(), player, button, ended, failed))
    .catch(failed);
}

function openSound(): Promise<Sound> {
  if (sound) return Promise.resolve(sound);
  return loadScript("sound.js").then(
    () => (sound = sound || (self as unknown as { pilookupSound: OpenSound }).pilookupSound(page)),
  );
}

function speak(): void {
  speechSynthesis.cancel();
  timer = window.setTimeout(reportNoVoice, VOICE_LIMIT);
  // One utterance for each text: some engines stop an utterance after 15 seconds.
  const texts = visibleTexts().map((text) => spellDigits(text, words().code));
  texts.forEach((text, index) => speechSynthesis.speak(utterance(text, index === texts.length - 1)));
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
  showNotice(() => words().cannotSpeak);
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

function canRead(): boolean {
  return hasRecording() || (!voiceFailed && hasSpeech() && voiceFor(words()) !== null);
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
