// The panel "See what left this phone": every request, with the bytes of its body.

import type { Sent } from "../worker/messages.ts";
import type { Words } from "../words/words.ts";
import { byId, fill, make } from "./elements.ts";

/** Show what the check sent. `sent` is null before a check, and when the worker failed and the list is lost. */
export function showSent(sent: Sent[] | null, words: Words): void {
  const items = (sent ?? []).map((item, index) => itemOf(item, index + 1, words));
  const empty = sent ? words.sentNothing : words.sentNotYet;
  fill(byId("sent-items"), ...(items.length ? items : [make("p", {}, empty)]));
}

function itemOf(item: Sent, count: number, words: Words): HTMLElement {
  return make(
    "div",
    { class: "sent-item" },
    make("h3", {}, `${count}. ${words.sentWhat[item.what]}`),
    make("code", {}, `${item.method} ${item.url}`),
    ...Object.keys(item.headers).map((name) => make("code", {}, `${name}: ${item.headers[name]}`)),
    make("p", {}, item.body ? words.sentHex : words.sentEmpty),
    item.body ? make("code", {}, hexInGroups(item.body)) : null,
  );
}

/** Bytes in hexadecimal, in groups of four bytes. */
export function hexInGroups(body: Uint8Array): string {
  const digits = (byte: number): string => (byte < 16 ? "0" : "") + byte.toString(16);
  return Array.from(body, (byte, index) => (index && index % 4 === 0 ? " " : "") + digits(byte)).join("");
}
