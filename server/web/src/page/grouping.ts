// Groups a mobile number of China as 3-4-4 digits while it is typed. Leaves any other text as it is.

export interface FieldText {
  text: string;
  /** The position of the caret, in UTF-16 code units. */
  caret: number;
}

const GROUPED = /^((?:\+|00)86)?(1[3-9][0-9]{0,9}|1)$/;
/** A mobile number of China with any number of digits. */
const MOBILE = /^(?:(?:\+|00)?86(?=1))?(1[3-9][0-9]*)$/;
const SEPARATORS = /[ \u00a0\u2007\u2009\u202f\u3000-]/g;

/** The direction of a deletion: backward (Backspace) or forward (Delete). Null if the edit was not a deletion. */
export type Deletion = "backward" | "forward" | null;

/**
 * The text and caret to show after an edit.
 *
 * @param typed the field's text and caret after the edit
 * @param previous the text shown before the edit
 * @param deletion the kind of deletion, if the edit was one. If it deleted only a space between two groups, the digit
 *   next to the space is deleted instead
 */
export function regroup(typed: FieldText, previous = "", deletion: Deletion = null): FieldText {
  const text = toAscii(typed.text);
  const digits = withoutSeparators(text);
  if (!GROUPED.test(digits)) return { text, caret: typed.caret };
  const caret = withoutSeparators(text.slice(0, typed.caret)).length;
  const isGap = text.length === previous.length - 1 && withoutSeparators(toAscii(previous)) === digits;
  if (!deletion || !isGap) return grouped(digits, caret);
  const deleted = deletion === "forward" ? caret : caret - 1;
  return grouped(digits.slice(0, Math.max(deleted, 0)) + digits.slice(deleted + 1), Math.max(deleted, 0));
}

/** The text without spaces and dashes. */
export function withoutSeparators(text: string): string {
  return text.replace(SEPARATORS, "");
}

/** Replace full-width characters, as a Chinese keyboard enters them, by ASCII. Does not change the length. */
export function toAscii(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));
}

/** The number of digits of a mobile number that has too few or too many of them. 0 for any other text. */
export function wrongLength(text: string): number {
  const found = MOBILE.exec(withoutSeparators(toAscii(text.trim())));
  const length = found ? (found[1] as string).length : 11;
  return length === 11 ? 0 : length;
}

/** The digits in groups, with the caret after the first `count` of them. */
function grouped(digits: string, count: number): FieldText {
  const prefixLength = digits.length - (GROUPED.exec(digits)?.[2] ?? digits).length;
  const gaps = [prefixLength, prefixLength + 3, prefixLength + 7].filter((gap) => gap > 0 && gap < digits.length);
  const text = Array.from(digits, (digit, index) => (gaps.indexOf(index) >= 0 ? " " : "") + digit).join("");
  return { text, caret: count + gaps.filter((gap) => gap < count).length };
}
