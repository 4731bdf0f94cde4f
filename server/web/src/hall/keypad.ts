// The keypad of the kiosk, so that the device's own keyboard, which learns what is typed, stays closed.

import { byId, fill, make } from "../page/elements.ts";
import type { Hall, HallPage } from "../page/hall.ts";
import { HALL_WORDS } from "../words/hall.ts";

/** Add the keypad under the field. */
export function startKeypad(page: HallPage): Hall {
  const field = byId<HTMLInputElement>("number");
  const put = (text: string): void => {
    if (field.readOnly) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const key = (text: string, press: () => void): HTMLElement => {
    const made = make("button", { type: "button", class: "second" }, text);
    made.addEventListener("click", press);
    return made;
  };
  const digits = "123456789".split("").map((digit) => key(digit, () => put(field.value + digit)));
  const clear = key("", () => put(""));
  const back = key("", () => put(field.value.replace(/\s*\S\s*$/, "")));
  const pad = make("div", { id: "keypad" }, ...digits, clear, key("0", () => put(`${field.value}0`)), back);
  (field.parentNode as Node).insertBefore(pad, field.nextSibling);
  field.setAttribute("inputmode", "none");
  return {
    render: () => {
      const words = HALL_WORDS[page.words().code];
      fill(clear, words.keyClear);
      fill(back, words.keyBack);
    },
    close: () => {
      (pad.parentNode as Node).removeChild(pad);
      field.setAttribute("inputmode", "tel");
    },
  };
}
