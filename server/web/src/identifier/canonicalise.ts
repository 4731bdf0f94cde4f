// Turns a text into the canonical form of one phone number, or into the reason why it has none. SPEC.md section 2
// numbers the rules that the comments cite. pilookup/identifier/rules.py does the same in Python.

import { plain, trim } from "./characters.ts";
import {
  fromSpreadsheet, isDate, isMasked, withoutExtension, withoutParameters, withoutWords,
} from "./affixes.ts";
import { isBankCard, isDateInDigits, isIdCard } from "./lookalikes.ts";
import { isValid, readChinese, readDomestic } from "./mainland.ts";
import type { Reading } from "./plan.ts";
import { isReason, type Reason } from "./reason.ts";

/** The identifier, such as `tel:+8613800138000`, or the reason why there is none. */
export type Outcome = { text: string } | { reason: Reason };

/** Reads numbers of other countries. Implemented by foreign.ts, with libphonenumber. */
export interface Foreign {
  /**
   * Read one number.
   *
   * @param number `+` and digits that begin with a calling code other than 86, or digits as written in `region`
   * @param region where a number without `+` was written (ISO 3166-1 alpha-2)
   */
  read(number: string, region?: string): Reading | Reason;
  /** Whether the number is valid in its country. libphonenumber's `min` metadata has the general pattern only. */
  isValid(reading: Reading): boolean;
}

/** Returns the reader for foreign numbers. Called only when there is one to read, so that it can be loaded then. */
export type Library = () => Foreign;

const MAX_TEXT = 1000;
const MAX_PLAIN = 100;
const MOBILE_DIGITS = 11;

const DIGIT = /[0-9]/;
const PHONE_SIGNS = /^[ (]*\+*[0-9 ()./-]*$/;
const SEPARATORS = /[ ()./-]/g;
const MOBILE = /^(?:\+*0{0,3}86)?(?:179[0-9]{2}|12593|12520)?0?(1[3-9][0-9]{9})$/;
const MOBILE_ABROAD = /^\+860?(1[3-9][0-9]{9})$/;
const NATIONAL_MOBILE = /^1[3-9][0-9]{9}$/;
const ADJACENT_MOBILES = /^(?:(?:\+?86)?1[3-9][0-9]{9}){2,}$/;
const SERVICE = /^(?:1[0-2]|9[56])/;
const IOT = /^1(?:064|4[01468][0-9])[0-9]{9}$/;
const CHINESE_DIGITS = "零一二三四五六七八九〇幺";
const CHINESE_DIGIT = new RegExp(`[${CHINESE_DIGITS}]`, "g");
const SPELLED = new RegExp(`^(?:(?:\\+|00)?86(?=\\+))?${MOBILE.source.slice(1, -1)}(?:\\+86)?$`);
// Mobiles, and landlines whose local number begins with 0, as none does: it is a foreign number's.
const NOT_EXTENDED = /^(?:1[3-9].{9}$|100|2.0|[3-9]..0)/;
const DASHED_EXTENSION = /^(.*[0-9)]) *- *[0-9]{1,6}$/;
const CANDIDATES = [/\+?[0-9(][0-9(). -]*/g, /\+?[0-9(][0-9().-]*/g];
const CANDIDATE_DIGITS = 7;
const NUMBER_PREFIXES = ["", "0", "86", "860"];

const invalid = (reason: Reason): Outcome => ({ reason });
const canonical = (e164: string): Outcome => ({ text: `tel:${e164}` });
const isInvalid = (outcome: Outcome): outcome is { reason: Reason } => "reason" in outcome;
const compact = (text: string): string => text.replace(SEPARATORS, "");

/** Where a number was written (ISO 3166-1 alpha-2), and how to get the reader for foreign numbers. */
interface ReadOptions {
  region: string;
  library: Library;
}

/**
 * Find the canonical identifier of the one phone number in a text. Takes any text, in bounded time.
 *
 * @param text what was entered
 * @param region where a number without `+` was written (ISO 3166-1 alpha-2)
 * @param library returns the reader for foreign numbers; not called for numbers of China
 * @returns the identifier, or the reason why the text has none
 */
export function canonicalise(text: string, region: string, library: Library): Outcome {
  const options = { region, library };
  if (Array.from(text).length > MAX_TEXT) return invalid("too_long");
  const cleaned = trim(plain(text));
  if (cleaned === "") return invalid("empty");
  if (Array.from(cleaned).length > MAX_PLAIN) return invalid("too_long");
  if (!DIGIT.test(cleaned) && (region !== "CN" || count(withDigits(cleaned), /[0-9]/) < MOBILE_DIGITS)) {
    return invalid("no_digits");
  }
  const body = withoutWords(withoutParameters(cleaned));
  const outcome = canonicaliseBody(body, options);
  return isInvalid(outcome) && isSeveral(body, options) ? invalid("several") : outcome;
}

/** Rules 7 to 12, then the rules for the number. `body` is the text without words and parameters. */
function canonicaliseBody(body: string, options: ReadOptions): Outcome {
  if (isDate(body)) return invalid("date");
  const whole = fromSpreadsheet(body);
  if (typeof whole !== "string") return whole;
  if (isMasked(whole)) return invalid("masked");
  const compacted = compact(whole);
  if (compacted.endsWith("x") && isIdCard(compacted)) return invalid("id_card");
  const number = trim(withoutExtension(whole));
  if (!PHONE_SIGNS.test(number)) return (options.region === "CN" && spelledMobile(number)) || invalid("letters");
  const outcome = canonicaliseNumber(compact(number), options);
  return isInvalid(outcome) ? (withoutDashedExtension(number, options) ?? outcome) : outcome;
}

/** The text with ASCII digits instead of Chinese ones. */
const withDigits = (text: string): string =>
  text.replace(CHINESE_DIGIT, (digit) => String(CHINESE_DIGITS.indexOf(digit) % 10));

/** How many times a pattern occurs in a text. */
const count = (text: string, pattern: RegExp): number => text.split(pattern).length - 1;

/** Rule 12: a mobile with Chinese digits, with letters O for zeros, or with +86 twice or at its end. */
function spelledMobile(number: string): Outcome | false {
  const text = withDigits(compact(number));
  const found = SPELLED.exec(text.replace(/o/g, "0"));
  return found !== null && count(text, /o/) < count(text, /[0-9]/) && canonical(`+86${found[1]!}`);
}

/** Rules 10 and 13 to 16, for a number of `+` signs and digits. */
function canonicaliseNumber(number: string, options: ReadOptions): Outcome {
  const isHome = options.region === "CN";
  const mobile = (isHome ? MOBILE : MOBILE_ABROAD).exec(number);
  if (mobile !== null) return canonical(`+86${mobile[1]!}`);
  const digits = number.replace(/^\++/, "");
  if (digits.length < number.length) return international(digits, options);
  if (!isHome) return national(digits, options);
  // Three zeros are padding, not a prefix: no calling code begins with 0.
  if (digits.startsWith("000")) return invalid("not_possible");
  return digits.startsWith("00") ? international(digits.slice(2), options) : bareChinese(digits);
}

/** Rule 14 for the digits after `+`. */
function international(digits: string, options: ReadOptions): Outcome {
  const reading = read(digits, options);
  return isReason(reading) ? invalid(reading) : fromReading(reading, options);
}

/** Rule 14 for a number whose country is known. */
function fromReading(reading: Reading, options: ReadOptions): Outcome {
  if (reading.callingCode === "86") {
    if (NATIONAL_MOBILE.test(reading.national) || isValid(reading.national)) {
      return canonicalIfStable(reading, options.library);
    }
    return invalid(chineseReason(reading.national));
  }
  return reading.wrongLength === null ? canonicalIfStable(reading, options.library) : invalid(reading.wrongLength);
}

/** Read the digits after `+`. In China, `+00` before a calling code is accepted as well. */
function read(digits: string, { region, library }: ReadOptions): Reading | Reason {
  if (digits.length < 3) return "not_possible";
  const after = region === "CN" && /^00[1-9]/.test(digits) ? digits.slice(2) : digits;
  if (after.startsWith("0")) return "not_possible";
  if (after.length < 3) return "too_short";
  return after.startsWith("86") ? readChinese(after.slice(2)) : library().read(`+${after}`);
}

/** The canonical form. `not_possible` if the canonical form itself would be read as another number. */
function canonicalIfStable({ e164 }: Reading, library: Library): Outcome {
  const again = read(e164.slice(1), { region: "CN", library });
  return !isReason(again) && again.e164 === e164 ? canonical(e164) : invalid("not_possible");
}

/** Rules 10 and 16, outside China: a text that is both a valid number and a look-alike is the number. */
function national(digits: string, options: ReadOptions): Outcome {
  const foreign = options.library();
  const reading = foreign.read(digits, options.region);
  if (!isReason(reading) && foreign.isValid(reading)) return canonicalIfStable(reading, options.library);
  const lookalike = lookalikeOf(digits);
  if (lookalike !== null) return invalid(lookalike);
  return isReason(reading) ? invalid(reading) : fromReading(reading, options);
}

function lookalikeOf(digits: string): Reason | null {
  if (isIdCard(digits)) return "id_card";
  return isBankCard(digits) ? "bank_card" : null;
}

/** Rules 10 and 15: without a calling code, only what libphonenumber calls valid is a number. */
function bareChinese(digits: string): Outcome {
  const lookalike = lookalikeOf(digits);
  if (lookalike !== null) return invalid(lookalike);
  const reading = digits.length > 8 ? readDomestic(digits) : null;
  if (reading !== null && !isReason(reading) && isValid(reading.national) && digits.endsWith(reading.national)) {
    const prefix = digits.slice(0, digits.length - reading.national.length);
    if (NUMBER_PREFIXES.includes(prefix)) return canonicalIfStable(reading, noLibrary);
  }
  return invalid(chineseReason(digits));
}

/** For numbers of China, which do not need the reader for foreign numbers. */
const noLibrary: Library = () => {
  throw new Error("a number of China was read as foreign");
};

/** The reason why digits are not a Chinese number. */
function chineseReason(digits: string): Reason {
  if (isDateInDigits(digits)) return "date";
  const size = digits.length;
  const service = SERVICE.test(digits);
  if (size <= 6 || (size <= 8 && service)) return size >= 3 && service ? "short_code" : "too_short";
  if (size <= 8) return "no_area_code";
  if (size < MOBILE_DIGITS - 1) return "too_short";
  if (IOT.test(digits)) return "iot";
  return size > MOBILE_DIGITS + 2 ? "too_long" : "not_possible";
}

/** Rule 17: a landline with an extension after a dash, such as `010-12345678-801`. Null for anything else. */
function withoutDashedExtension(number: string, options: ReadOptions): Outcome | null {
  const found = options.region === "CN" ? DASHED_EXTENSION.exec(number) : null;
  const outcome = found === null ? null : canonicaliseNumber(compact(found[1]!), options);
  if (outcome === null || isInvalid(outcome) || !outcome.text.startsWith("tel:+86")) return null;
  return NOT_EXTENDED.test(outcome.text.slice("tel:+86".length)) ? null : outcome;
}

/** Rule 18: whether the text holds more than one number. */
function isSeveral(body: string, options: ReadOptions): boolean {
  if (ADJACENT_MOBILES.test(compact(body))) return true;
  const isNumber = (candidate: string): boolean => !isInvalid(canonicaliseBody(trim(candidate), options));
  return CANDIDATES.some((pattern) => {
    const candidates = (body.match(pattern) ?? []).filter(
      (candidate) => candidate.replace(/[^0-9]/g, "").length >= CANDIDATE_DIGITS,
    );
    return candidates.length > 1 && candidates.some(isNumber);
  });
}
