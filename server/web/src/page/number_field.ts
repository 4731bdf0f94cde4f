// The field for the number. Groups the digits while they are typed.

import { byId } from "./elements.ts";
import { type Deletion, regroup } from "./grouping.ts";

const field = (): HTMLInputElement => byId<HTMLInputElement>("number");
let shown = "";

/** Start to watch the field. Calls `onChange` after every edit. */
export function watchNumber(onChange: () => void): void {
  const onEdit = (event: Event): void => {
    // While an input method composes, the text is not final.
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
  // Smaller type, so that a number with its calling code fits into the field.
  input.className = shown.length > 14 ? "long" : "";
}

/** The text in the field. */
export function enteredText(): string {
  return field().value;
}

/** Clear the field, and the engine's copy of the number: the text that a regular expression matched last. */
export function clearNumber(): void {
  field().value = "";
  field().className = "";
  shown = "";
  /^/.test("");
}

/** Lock the field while a check runs, so that the answer belongs to the number shown. */
export function lockNumber(locked: boolean): void {
  field().readOnly = locked;
}

/** Put the caret into the field. */
export function focusNumber(): void {
  field().focus();
}

/** Mark the text in the field as invalid, or as valid. */
export function markInvalid(invalid: boolean): void {
  field().setAttribute("aria-invalid", String(invalid));
}
