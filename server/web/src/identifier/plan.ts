// A numbering plan, and how libphonenumber reads digits under it (rules 14 to 16): the national prefix is removed if
// the rest is a possible number. The steps are libphonenumber's; the code is not.

import type { Reason } from "./reason.ts";

/** The numbering plan of one calling code, from libphonenumber's metadata. */
export interface Plan {
  callingCode: string;
  /** Matches every national number. */
  general: RegExp;
  /** Possible lengths, ascending. */
  lengths: readonly number[];
  /** Lengths that are possible only for calls within one area. */
  local: readonly number[];
  /** Matches the prefix dialled before a national number within the country. */
  prefix: RegExp;
}

/** One number that was read. */
export interface Reading {
  callingCode: string;
  national: string;
  e164: string;
  /** Why the length is wrong; null if it is possible. */
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

/** The digits without the national prefix. Kept if the digits match the plan with it and would not without it. */
function withoutPrefix(digits: string, { general, prefix }: Plan): string {
  const rest = digits.replace(prefix, "");
  return general.test(digits) && !general.test(rest) ? digits : rest;
}

/** Read the digits after the calling code, or a number as dialled within the country. */
export function readNational(digits: string, plan: Plan): Reading | Reason {
  if (digits.length < MIN_NATIONAL) return "too_short";
  const stripped = withoutPrefix(digits, plan);
  const kept = ["short", "local", "between"].includes(lengthOf(stripped, plan));
  const national = kept ? digits : stripped;
  if (national.length > MAX_NATIONAL) return "too_long";
  const { callingCode } = plan;
  return {
    callingCode,
    national,
    e164: `+${callingCode}${national}`,
    wrongLength: LENGTH_REASONS[lengthOf(national, plan)],
  };
}

/** The digits without a leading calling code of this plan, if the rest fits the plan better. */
export function withoutOwnCode(digits: string, plan: Plan): string {
  if (!digits.startsWith(plan.callingCode)) return digits;
  const rest = withoutPrefix(digits.slice(plan.callingCode.length), plan);
  const better = !plan.general.test(digits) && plan.general.test(rest);
  return better || lengthOf(digits, plan) === "long" ? rest : digits;
}
