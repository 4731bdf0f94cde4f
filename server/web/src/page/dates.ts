// Formats days and months for people.

import type { Words } from "../words/words.ts";

/** `2026-11-20` or `2026-11-20T08:00:00Z` as a day in the local time zone. Returns any other text as it is. */
export function day(text: string, words: Words): string {
  const date = new Date(text);
  if (isNaN(date.getTime())) return text;
  // A date without a time is the same day in every time zone.
  if (text.length === 10) return words.day(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  return words.day(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

/** `2024-Q3` or `2024-07` as months. Returns any other text as it is. */
export function month(text: string, words: Words): string {
  const quarter = /^([0-9]{4})-Q([1-4])$/.exec(text);
  if (quarter) return words.month(Number(quarter[1]), Number(quarter[2]) * 3 - 2, Number(quarter[2]) * 3);
  const single = /^([0-9]{4})-(0[1-9]|1[0-2])$/.exec(text);
  return single ? words.month(Number(single[1]), Number(single[2]), Number(single[2])) : text;
}
