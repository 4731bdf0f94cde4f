// Numbers of China: what libphonenumber says of them, from its own patterns, without the library (rules 13 to 15).

import { CHINA, IDD, KINDS } from "./china.ts";
import { readNational, withoutOwnCode, type Reading } from "./plan.ts";
import type { Reason } from "./reason.ts";

/** The digits after `+86`. */
export const readChinese = (digits: string): Reading | Reason => readNational(digits, CHINA);

/** Digits as written in China, without `+` or 00; null for those that begin with another way to dial abroad. */
export function readDomestic(digits: string): Reading | Reason | null {
  const abroad = IDD.exec(digits);
  if (abroad !== null && digits[abroad[0].length] !== "0") return null;
  return readNational(withoutOwnCode(digits, CHINA), CHINA);
}

/** Whether national digits are a number of some kind (libphonenumber: valid). */
export const isValid = (national: string): boolean =>
  CHINA.lengths.includes(national.length) &&
  CHINA.general.test(national) &&
  KINDS.some(({ lengths, pattern }) => lengths.includes(national.length) && pattern.test(national));
