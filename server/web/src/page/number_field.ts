// The field for the number. Groups the digits while they are typed.

import { byId, fill, make } from "./elements.ts";
import { type Deletion, regroup, toAscii, withoutSeparators } from "./grouping.ts";

const field = (): HTMLInputElement => byId<HTMLInputElement>("number");
/** The text shown last. An edit that leaves its digits as they are, as an input method makes, is none. */
let shown = "";

/** Start to watch the field. Calls `onChange` after every edit. */
export function watchNumber(onChange: () => void): void {
  const onEdit = (event: Event): void => {
    // While an input method composes, the text is not final.
    if ((event as InputEvent).isComposing) return;
    const before = digits(shown);
    group(deletionOf((event as InputEvent).inputType || ""));
    if (digits(shown) !== before) onChange();
  };
  field().addEventListener("input", onEdit);
  field().addEventListener("compositionend", onEdit);
  // The label changes its size with the screen and with the reader's size of text, for which there is no event.
  if (typeof ResizeObserver === "function") new ResizeObserver(fitNumber).observe(byId("label"));
}

const digits = (text: string): string => withoutSeparators(toAscii(text));

function deletionOf(inputType: string): Deletion {
  if (!/^delete/.test(inputType)) return null;
  return /Forward$/.test(inputType) ? "forward" : "backward";
}

function group(deletion: Deletion): void {
  const input = field();
  const end = input.selectionEnd ?? input.value.length;
  const next = regroup({ text: input.value, caret: end }, shown, deletion);
  if (next.text !== input.value) {
    input.value = next.text;
    input.setSelectionRange(next.caret, next.caret);
  }
  shown = next.text;
  fitNumber();
}

/** Make the type as small as it must be for the whole number to be seen, however large the reader's letters are. */
function fitNumber(): void {
  const input = field();
  input.style.fontSize = "";
  // As a share of the size in the style sheet: the computed size has the reader's enlargement in it. Padding does not
  // shrink with the letters, so one step may not be enough.
  let size = 1.7;
  for (let step = 0; step < 5 && input.scrollWidth > input.clientWidth; step++) {
    size *= (0.98 * input.clientWidth) / input.scrollWidth;
    input.style.fontSize = `${size}rem`;
  }
}

/** The text in the field. Ends the composition of an input method, if there is one. */
export function enteredText(): string {
  if (field().value !== shown) group(null);
  return field().value;
}

/** Clear the field, and the engine's copy of the number: the text that a regular expression matched last. */
export function clearNumber(): void {
  field().value = "";
  field().style.fontSize = "";
  shown = "";
  /^/.test("");
}

/** Lock the field while a check runs, so that the answer belongs to the number shown. */
export function lockNumber(locked: boolean): void {
  field().readOnly = locked;
}

/** Put the caret into the field, and the whole form into view. Screen readers then read the message of the field. */
export function focusNumber(): void {
  byId("form").scrollIntoView();
  // Focus that does not move is not read aloud.
  field().blur();
  field().focus();
}

/** Show what is wrong with the text in the field: lines of text, none if nothing is. */
export function showFault(lines: string[]): void {
  const invalid = lines.length > 0;
  fill(byId("fault"), ...lines.map((line) => make("p", {}, line)));
  field().setAttribute("aria-invalid", String(invalid));
  field().setAttribute("aria-describedby", invalid ? "fault" : "promise");
}
