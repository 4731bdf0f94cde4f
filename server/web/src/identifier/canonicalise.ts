// From a text to one phone number's canonical form, or a reason (SPEC.md section 2, whose rules the comments number;
// pilookup/identifier/rules.py is the same in Python).

import { plain, trim } from "./characters.ts";
import {
  fromSpreadsheet, isDate, isMasked, withoutExtension, withoutParameters, withoutWords,
} from "./affixes.ts";
import { isBankCard, isDateInDigits, isIdCard } from "./lookalikes.ts";
import { isValid, readDomestic, readChinese } from "./mainland.ts";
import type { Reading } from "./plan.ts";
import { isReason, type Reason } from "./reason.ts";

/** `tel:+8613800138000`, or why there is none. */
export type Outcome = { text: string } | { reason: Reason };

/** What is needed to read numbers of other countries. */
export interface Foreign {
  /** A `+`, then digits that begin with another calling code than 86; or digits as written in `region`. */
  read(number: string, region?: string): Reading | Reason;
  /** Whether a number as read can be one of its country (libphonenumber's `min` metadata: the general pattern). */
  isValid(reading: Reading): boolean;
}

/** Loads it when the first such number comes. */
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
const DASHED_EXTENSION = /^(.*[0-9)]) *- *[0-9]{1,6}$/;
const CANDIDATES = [/\+?[0-9(][0-9(). -]*/g, /\+?[0-9(][0-9().-]*/g];
const CANDIDATE_DIGITS = 7;
const NUMBER_PREFIXES = ["", "0", "86", "860"];

const invalid = (reason: Reason): Outcome => ({ reason });
const canonical = (e164: string): Outcome => ({ text: `tel:${e164}` });
const isInvalid = (outcome: Outcome): outcome is { reason: Reason } => "reason" in outcome;
const compact = (text: string): string => text.replace(SEPARATORS, "");

/** Where a number was written (ISO 3166-1 alpha-2), and the library for the rare case. */
interface ReadOptions {
  region: string;
  library: Library;
}

/**
 * The canonical identifier of the one phone number in a text, or why there is none. Any text is answered, in bounded
 * time. `region` is where a number without `+` was written.
 */
export function canonicalise(text: string, region: string, library: Library): Outcome {
  const options = { region, library };
  if (Array.from(text).length > MAX_TEXT) return invalid("too_long");
  const cleaned = trim(plain(text));
  if (cleaned === "") return invalid("empty");
  if (Array.from(cleaned).length > MAX_PLAIN) return invalid("too_long");
  if (!DIGIT.test(cleaned)) return invalid("no_digits");
  const body = withoutWords(withoutParameters(cleaned));
  const outcome = canonicaliseBody(body, options);
  return isInvalid(outcome) && isSeveral(body, options) ? invalid("several") : outcome;
}

/** Rules 7 to 12, then the number itself. */
function canonicaliseBody(body: string, options: ReadOptions): Outcome {
  if (isDate(body)) return invalid("date");
  const whole = fromSpreadsheet(body);
  if (typeof whole !== "string") return whole;
  if (isMasked(whole)) return invalid("masked");
  const compacted = compact(whole);
  if (compacted.endsWith("x") && isIdCard(compacted)) return invalid("id_card");
  const number = trim(withoutExtension(whole));
  if (!PHONE_SIGNS.test(number)) return invalid("letters");
  const outcome = canonicaliseNumber(compact(number), options);
  return isInvalid(outcome) ? (withoutDashedExtension(number, options) ?? outcome) : outcome;
}

/** Rules 10 and 13 to 16, for `+` signs and digits. */
function canonicaliseNumber(number: string, options: ReadOptions): Outcome {
  const isHome = options.region === "CN";
  const mobile = (isHome ? MOBILE : MOBILE_ABROAD).exec(number);
  if (mobile !== null) return canonical(`+86${mobile[1]!}`);
  const digits = number.replace(/^\++/, "");
  if (digits.length < number.length) return international(digits, options);
  if (!isHome) return national(digits, options);
  // More zeros are padding of some other number, no prefix: no calling code begins with 0.
  if (digits.startsWith("000")) return invalid("not_possible");
  return digits.startsWith("00") ? international(digits.slice(2), options) : bareChinese(digits);
}

/** Rule 14, for the digits after `+`. */
function international(digits: string, options: ReadOptions): Outcome {
  const reading = read(digits, options);
  return isReason(reading) ? invalid(reading) : fromReading(reading, options);
}

/** Rule 14 for a number as read, whichever way its country became known. */
function fromReading(reading: Reading, options: ReadOptions): Outcome {
  if (reading.callingCode === "86") {
    if (NATIONAL_MOBILE.test(reading.national) || isValid(reading.national)) return canonicalIfStable(reading, options.library);
    return invalid(chineseReason(reading.national));
  }
  return reading.wrongLength === null ? canonicalIfStable(reading, options.library) : invalid(reading.wrongLength);
}

/** Read the digits after `+`, or in China after a 00 that stands there besides. */
function read(digits: string, { region, library }: ReadOptions): Reading | Reason {
  if (digits.length < 3) return "not_possible";
  const after = region === "CN" && /^00[1-9]/.test(digits) ? digits.slice(2) : digits;
  if (after.startsWith("0")) return "not_possible";
  if (after.length < 3) return "too_short";
  return after.startsWith("86") ? readChinese(after.slice(2)) : library().read(`+${after}`);
}

/** The canonical form, unless it would not lead back to itself. */
function canonicalIfStable({ e164 }: Reading, library: Library): Outcome {
  const again = read(e164.slice(1), { region: "CN", library });
  return !isReason(again) && again.e164 === e164 ? canonical(e164) : invalid("not_possible");
}

/** Rules 10 and 16, outside China: a valid number goes before a look-alike. */
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

/** Rules 10 and 15: without a calling code only what libphonenumber calls valid, so that junk stays out. */
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

/** Numbers of China need none. */
const noLibrary: Library = () => {
  throw new Error("a number of China was read as foreign");
};

/** Why digits that are no Chinese number are none. */
function chineseReason(digits: string): Reason {
  if (isDateInDigits(digits)) return "date";
  const size = digits.length;
  const service = SERVICE.test(digits);
  if (size <= 6 || (size <= 8 && service)) return size >= 3 && service ? "short_code" : "too_short";
  if (size <= 8) return "no_area_code";
  if (size < MOBILE_DIGITS - 1) return "too_short";
  return size > MOBILE_DIGITS + 2 ? "too_long" : "not_possible";
}

/** Rule 17: `010-12345678-801`. */
function withoutDashedExtension(number: string, options: ReadOptions): Outcome | null {
  const found = options.region === "CN" ? DASHED_EXTENSION.exec(number) : null;
  const outcome = found === null ? null : canonicaliseNumber(compact(found[1]!), options);
  if (outcome === null || isInvalid(outcome) || !outcome.text.startsWith("tel:+86")) return null;
  return NATIONAL_MOBILE.test(outcome.text.slice("tel:+86".length)) ? null : outcome;
}

/** Rule 18. */
function isSeveral(body: string, options: ReadOptions): boolean {
  if (ADJACENT_MOBILES.test(compact(body))) return true;
  const isNumber = (candidate: string): boolean => !isInvalid(canonicaliseBody(trim(candidate), options));
  return CANDIDATES.some((pattern) => {
    const candidates = (body.match(pattern) ?? []).filter((candidate) => candidate.replace(/[^0-9]/g, "").length >= CANDIDATE_DIGITS);
    return candidates.length > 1 && candidates.some(isNumber);
  });
}
