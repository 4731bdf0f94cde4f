// A mainland mobile is written 3-4-4 while it is typed; anything else stays as it was typed.

export interface FieldText {
  text: string;
  /** Where the caret stands, in UTF-16 units. */
  caret: number;
}

const GROUPED = /^((?:\+|00)86)?(1[3-9][0-9]{0,9}|1)$/;
const SEPARATORS = /[ \u00a0\u2007\u2009\u202f\u3000-]/g;

/** Which key took a sign away, if one did. */
export type Deletion = "backward" | "forward" | null;

/** What the field shows after an edit. Where a key deleted a mere gap of `previous`, the digit beyond it goes. */
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

function withoutSeparators(text: string): string {
  return text.replace(SEPARATORS, "");
}

/** Full-width signs (a Chinese keyboard's) as ASCII ones; no length changes. */
function toAscii(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));
}

/** The digits in groups, and the caret behind its `count`-th sign. */
function grouped(digits: string, count: number): FieldText {
  const prefixLength = digits.length - (GROUPED.exec(digits)?.[2] ?? digits).length;
  const gaps = [prefixLength, prefixLength + 3, prefixLength + 7].filter((gap) => gap > 0 && gap < digits.length);
  const text = Array.from(digits, (digit, index) => (gaps.indexOf(index) >= 0 ? " " : "") + digit).join("");
  return { text, caret: count + gaps.filter((gap) => gap < count).length };
}
