// The script foreign.js: numbers of other countries, by libphonenumber. It weighs more than all the rest, so the
// worker loads it only when such a number comes.

import { ParseError, parsePhoneNumberWithError, validatePhoneNumberLength, type CountryCode } from "libphonenumber-js/min";
import type { Foreign } from "./canonicalise.ts";
import type { Reading } from "./plan.ts";
import type { Reason } from "./reason.ts";

const REASONS: Record<string, Reason> = { TOO_SHORT: "too_short", TOO_LONG: "too_long" };

function read(number: string, region?: string): Reading | Reason {
  const options = { extract: false, ...(region === undefined ? {} : { defaultCountry: region as CountryCode }) };
  try {
    const found = parsePhoneNumberWithError(number, options);
    const [callingCode, national, e164] = [found.countryCallingCode, found.nationalNumber, found.number].map(String);
    return { callingCode: callingCode!, national: national!, e164: e164!, wrongLength: wrongLength(e164!) };
  } catch (error) {
    if (error instanceof ParseError) return REASONS[error.message] ?? "not_possible";
    throw error;
  }
}

function wrongLength(e164: string): Reason | null {
  const verdict = validatePhoneNumberLength(e164);
  return verdict === undefined ? null : (REASONS[verdict] ?? "not_possible");
}

const isValid = ({ e164 }: Reading): boolean => {
  try {
    return parsePhoneNumberWithError(e164, { extract: false }).isValid();
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
};

const foreign: Foreign = { read, isValid };

(self as unknown as { pilookupForeign: Foreign }).pilookupForeign = foreign;
