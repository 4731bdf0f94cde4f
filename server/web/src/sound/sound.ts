// The script sound.js: plays a recording. The file of a language is fetched whole and has all sentences, so neither its
// request nor a range of it tells what is played; the sentences are put together here and played from a blob.

import type { Recording } from "../page/config.ts";
import { fill, make } from "../page/elements.ts";
import type { OpenSound, Sound, SoundPage } from "../page/read_aloud.ts";
import { SOUND_WORDS } from "../words/sound.ts";
import { fetchKept, keep } from "./fetch_kept.ts";
import { namesSame, type Packed, readPacked } from "./packed.ts";
import { sentencesFor } from "./plan.ts";

const openSound: OpenSound = (page) => {
  const choice = make("div", { id: "sounds", role: "group" });
  const status = make("p", { class: "small", role: "status" });
  /** The last recording that was fetched. */
  let held: { file: string; packed: Packed } | null = null;
  let chosen = "";
  /** Increases with every play and stop. What belongs to a lower value is outdated. */
  let turn = 0;
  let silence = (): void => undefined;

  const fetched = (file: string): Promise<Packed> =>
    held && held.file === file
      ? Promise.resolve(held.packed)
      : fetchKept(file, readPacked).then((packed) => {
          held = { file, packed };
          return packed;
        });

  const play: Sound["play"] = (recordings, audio, button, ended, failed) => {
    stop();
    const mine = turn;
    const recording = recordings.filter(({ language }) => language === chosen)[0] || (recordings[0] as Recording);
    const choose = (language: string): void => {
      chosen = language;
      play(recordings, audio, button, ended, failed);
    };
    showChoice(recordings, recording, button, choose);
    status.textContent = SOUND_WORDS[page.words().code].loading;
    const whenMine = (run: () => void) => (): void => {
      if (mine === turn) run();
    };
    fetched(recording.file)
      .then((packed) => {
        if (mine !== turn) return;
        const url = URL.createObjectURL(new Blob(partsOf(packed, page), { type: packed.type }));
        silence = (): void => {
          audio.pause();
          audio.removeAttribute("src");
          URL.revokeObjectURL(url);
        };
        audio.onended = whenMine(ended);
        audio.onerror = whenMine(failed);
        audio.onplaying = whenMine(() => {
          status.textContent = "";
          keep(recording.file);
        });
        audio.src = url;
        return audio.play();
      })
      .catch(whenMine(failed));
  };

  const stop = (): void => {
    turn++;
    silence();
    silence = (): void => undefined;
    status.textContent = "";
  };

  /** Show the buttons for the languages, if there are several, next to the button that was pressed. */
  const showChoice = (all: Recording[], played: Recording, button: Element, choose: (language: string) => void): void => {
    const buttons = all.map((one) => {
      const made = make("button", { type: "button", class: "quiet", lang: one.language }, one.name);
      made.setAttribute("aria-pressed", String(one === played));
      made.addEventListener("click", () => choose(one.language));
      return made;
    });
    choice.setAttribute("aria-label", SOUND_WORDS[page.words().code].languages);
    fill(choice, ...(all.length > 1 ? buttons : []), status);
    (button.parentNode as Node).insertBefore(choice, button.nextSibling);
  };

  return {
    play,
    stop,
    forget: () => {
      chosen = "";
      if (choice.parentNode) choice.parentNode.removeChild(choice);
    },
  };
};

/** The frames of the sentences for what is shown. Throws if the recording does not have all of them. */
function partsOf(packed: Packed, page: SoundPage): Uint8Array<ArrayBuffer>[] {
  const config = page.config();
  const outcome = page.outcome();
  if (!config || !namesSame(packed, config.services)) throw new Error("the recording names other services");
  const { operator } = config;
  // Sentences that differ from place to place are played only if they say what this page shows.
  const shown: Record<string, string> = { by: operator.name[page.words().code], telephone: operator.telephone };
  const spoken: Record<string, string> = { by: packed.operator.name, telephone: packed.operator.telephone };
  const isOpen = document.querySelector("#more[open]") !== null;
  return sentencesFor(outcome && outcome.answer, isOpen)
    .filter((name) => !(name in shown) || (shown[name] && shown[name] === spoken[name] && packed.sentences[name]))
    .map((name) => {
      const span = packed.sentences[name];
      if (!span) throw new Error(`the recording lacks ${name}`);
      return packed.frames.subarray(span[0], span[0] + span[1]);
    });
}

(self as unknown as { pilookupSound: OpenSound }).pilookupSound = openSound;
