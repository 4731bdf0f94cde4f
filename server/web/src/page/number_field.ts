// The field: one number, grouped while it is typed.

import { byId } from "./elements.ts";
import { type Deletion, regroup } from "./grouping.ts";

const field = (): HTMLInputElement => byId<HTMLInputElement>("number");
let shown = "";

/** Watch the field; `onChange` is called after every edit. */
export function watchNumber(onChange: () => void): void {
  const onEdit = (event: Event): void => {
    // While a Chinese keyboard composes, the text is not yet the reader's.
    if ((event as InputEvent).isComposing) return;
    group(deletionOf((event as InputEvent).inputType || ""));
    onChange();
  };
  field().addEventListener("input", onEdit);
  field().addEventListener("compositionend", onEdit);
}

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
  // So that a number with its country's code is still seen whole.
  input.className = shown.length > 14 ? "long" : "";
}

/** What stands in the field. */
export function enteredText(): string {
  return field().value;
}

/** Empty the field, and what the engine remembers of it: the text that a regular expression matched last. */
export function clearNumber(): void {
  field().value = "";
  field().className = "";
  shown = "";
  /^/.test("");
}

/** Nothing can be typed while a check is under way: the answer must belong to what is seen. */
export function lockNumber(locked: boolean): void {
  field().readOnly = locked;
}

/** Put the caret into the field. */
export function focusNumber(): void {
  field().focus();
}

/** Whether what stands in the field is no number. */
export function markInvalid(invalid: boolean): void {
  field().setAttribute("aria-invalid", String(invalid));
}
