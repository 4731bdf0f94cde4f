// The script foreign.js: reads numbers of other countries with libphonenumber. It is larger than all other scripts
// together, so the worker loads it only when a foreign number is entered.

import { Metadata, ParseError, parsePhoneNumberWithError, type CountryCode } from "libphonenumber-js/min";
import type { Foreign } from "./canonicalise.ts";
import type { Reading } from "./plan.ts";
import type { Reason } from "./reason.ts";

const REASONS: Record<string, Reason> = { TOO_SHORT: "too_short", TOO_LONG: "too_long" };

function read(number: string, region?: string): Reading | Reason {
  const options = { extract: false, ...(region === undefined ? {} : { defaultCountry: region as CountryCode }) };
  try {
    const found = parsePhoneNumberWithError(number, options);
    const [callingCode, national, e164] = [found.countryCallingCode, found.nationalNumber, found.number].map(String);
    return {
      callingCode: callingCode!,
      national: national!,
      e164: e164!,
      wrongLength: wrongLength(callingCode!, national!),
    };
  } catch (error) {
    if (error instanceof ParseError) return REASONS[error.message] ?? "not_possible";
    throw error;
  }
}

/**
 * The reason why the length is wrong, or null. Uses the lengths of the calling code's first country, which cover all
 * countries that share the code; the library itself would use those of the number's own country.
 */
function wrongLength(callingCode: string, national: string): Reason | null {
  const metadata = new Metadata();
  // The function accepts a calling code too; its type allows only countries.
  metadata.selectNumberingPlan(callingCode as CountryCode);
  const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
  if (lengths.includes(national.length)) return null;
  if (lengths.every((length) => national.length < length)) return "too_short";
  return lengths.every((length) => national.length > length) ? "too_long" : "not_possible";
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
