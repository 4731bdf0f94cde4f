// A numbering plan, and how libphonenumber reads digits under it (rules 14 to 16). Its steps, not its words: the
// country's own prefix goes where what remains is a possible number.

import type { Reason } from "./reason.ts";

/** One calling code's plan, from libphonenumber's metadata. */
export interface Plan {
  callingCode: string;
  /** Every national number. */
  general: RegExp;
  /** Possible lengths, ascending. */
  lengths: readonly number[];
  /** Lengths that are possible within one area only. */
  local: readonly number[];
  /** What may stand before a national number at home. */
  prefix: RegExp;
}

/** One number as read. */
export interface Reading {
  callingCode: string;
  national: string;
  e164: string;
  /** Why its length is wrong, null when it is possible. */
  wrongLength: Reason | null;
}

type Length = "possible" | "local" | "short" | "long" | "between";

const MIN_NATIONAL = 2;
const MAX_NATIONAL = 17;

const LENGTH_REASONS: Record<Length, Reason | null> = {
  possible: null,
  local: "no_area_code",
  short: "too_short",
  long: "too_long",
  between: "not_possible",
};

function lengthOf(national: string, { lengths, local }: Plan): Length {
  const size = national.length;
  if (local.includes(size)) return "local";
  if (lengths.includes(size)) return "possible";
  if (size < lengths[0]!) return "short";
  return size > lengths[lengths.length - 1]! ? "long" : "between";
}

/** The digits without the country's own prefix, unless that would make a national number of them no longer one. */
function withoutPrefix(digits: string, { general, prefix }: Plan): string {
  const rest = digits.replace(prefix, "");
  return general.test(digits) && !general.test(rest) ? digits : rest;
}

/** Read what follows a calling code, or a whole number at home. */
export function readNational(digits: string, plan: Plan): Reading | Reason {
  if (digits.length < MIN_NATIONAL) return "too_short";
  const stripped = withoutPrefix(digits, plan);
  const kept = ["short", "local", "between"].includes(lengthOf(stripped, plan));
  const national = kept ? digits : stripped;
  if (national.length > MAX_NATIONAL) return "too_long";
  const { callingCode } = plan;
  return { callingCode, national, e164: `+${callingCode}${national}`, wrongLength: LENGTH_REASONS[lengthOf(national, plan)] };
}

/** The digits without a leading calling code of their own, where that makes a better number. */
export function withoutOwnCode(digits: string, plan: Plan): string {
  if (!digits.startsWith(plan.callingCode)) return digits;
  const rest = withoutPrefix(digits.slice(plan.callingCode.length), plan);
  const better = !plan.general.test(digits) && plan.general.test(rest);
  return better || lengthOf(digits, plan) === "long" ? rest : digits;
}
