// A mainland mobile is written 3-4-4 while it is typed; anything else stays as it was typed.

export interface Typed {
  text: string;
  /** Where the caret stands, in UTF-16 units. */
  caret: number;
}

const GROUPED = /^((?:\+|00)86)?(1[3-9][0-9]{0,9}|1)$/;
const DRESSING = /[ \u00a0\u2007\u2009\u202f\u3000-]/g;

/** Which key took a sign away, if one did. */
export type Deletion = "backward" | "forward" | null;

/** What the field shows after an edit. Where a key deleted a mere gap of `before`, the digit beyond it goes. */
export function regroup(typed: Typed, before = "", deletion: Deletion = null): Typed {
  const text = toAscii(typed.text);
  const digits = bare(text);
  if (!GROUPED.test(digits)) return { text, caret: typed.caret };
  const caret = bare(text.slice(0, typed.caret)).length;
  const isGap = text.length === before.length - 1 && bare(toAscii(before)) === digits;
  if (!deletion || !isGap) return at(digits, caret);
  const cut = deletion === "forward" ? caret : caret - 1;
  return at(digits.slice(0, Math.max(cut, 0)) + digits.slice(cut + 1), Math.max(cut, 0));
}

function bare(text: string): string {
  return text.replace(DRESSING, "");
}

/** Full-width signs (a Chinese keyboard's) as ASCII ones; no length changes. */
function toAscii(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
}

/** The digits in groups, and the caret behind its `count`-th sign. */
function at(digits: string, count: number): Typed {
  const head = digits.length - (GROUPED.exec(digits)?.[2] ?? digits).length;
  const gaps = [head, head + 3, head + 7].filter((gap) => gap > 0 && gap < digits.length);
  const text = Array.from(digits, (digit, index) => (gaps.indexOf(index) >= 0 ? " " : "") + digit).join("");
  return { text, caret: count + gaps.filter((gap) => gap < count).length };
}
