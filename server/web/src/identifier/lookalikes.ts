// Recognises digits that are not phone numbers: identity cards, bank cards, dates (rules 10 and 15).

const BIRTH = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])";
const ID_18 = new RegExp(`^[1-9][0-9]{5}(?:18|19|20)[0-9]{2}${BIRTH}[0-9]{3}[0-9x]$`);
const ID_15 = new RegExp(`^[1-9][0-9]{7}${BIRTH}[0-9]{3}$`);
const ID_CHECKED = /^[1-9][0-9]{16}[0-9x]$/;
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CARD = /^[1-9][0-9]{15,18}$/;
const DATE = new RegExp(`^(?:19|20)[0-9]{2}${BIRTH}(?:(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)?$`);

/** The check character of 17 digits (GB 11643-1999, ISO 7064 MOD 11-2), with a lower-case x. */
const idCheck = (digits: string): string =>
  "10x98765432"[ID_WEIGHTS.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0) % 11]!;

/**
 * Whether digits, possibly with a final x, are an identity number. A plausible birth date is enough, even with a wrong
 * check character, because people mistype it. Without a birth date the check character must be right.
 */
export const isIdCard = (digits: string): boolean =>
  ID_18.test(digits) || ID_15.test(digits) || (ID_CHECKED.test(digits) && idCheck(digits) === digits[17]);

/** Whether the text is 16 to 19 digits that pass the Luhn check (ISO/IEC 7812-1, annex B). */
export function isBankCard(digits: string): boolean {
  if (!CARD.test(digits)) return false;
  const doubled = (value: number): number => (value * 2 > 9 ? value * 2 - 9 : value * 2);
  const values = Array.from(digits, Number).reverse();
  return values.reduce((sum, value, i) => sum + (i % 2 ? doubled(value) : value), 0) % 10 === 0;
}

/** Whether the digits are a date: YYYYMMDD, YYYYMMDDhhmm or YYYYMMDDhhmmss. */
export const isDateInDigits = (digits: string): boolean => DATE.test(digits);
