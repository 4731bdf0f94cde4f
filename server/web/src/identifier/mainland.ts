// Reads numbers of China as libphonenumber does, from its own patterns but without the library (rules 13 to 15).

import { CHINA, IDD, KINDS } from "./china.ts";
import { readNational, withoutOwnCode, type Reading } from "./plan.ts";
import type { Reason } from "./reason.ts";

/** Read the digits after `+86`. */
export const readChinese = (digits: string): Reading | Reason => readNational(digits, CHINA);

/** Read digits as written in China, without `+` or 00. Null if they begin with another prefix for dialling abroad. */
export function readDomestic(digits: string): Reading | Reason | null {
  const abroad = IDD.exec(digits);
  if (abroad !== null && digits[abroad[0].length] !== "0") return null;
  return readNational(withoutOwnCode(digits, CHINA), CHINA);
}

/** Whether the national digits are valid: they match one of the kinds of number that exist in China. */
export const isValid = (national: string): boolean =>
  CHINA.lengths.includes(national.length) &&
  CHINA.general.test(national) &&
  KINDS.some(({ lengths, pattern }) => lengths.includes(national.length) && pattern.test(national));
