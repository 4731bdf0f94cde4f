// Days and months as people say them.

import type { Words } from "../words/words.ts";

/** `2026-11-20` or `2026-11-20T08:00:00Z` as a day in the reader's own time; the text itself when it is no date. */
export function day(text: string, words: Words): string {
  const date = new Date(text);
  if (isNaN(date.getTime())) return text;
  // A day without a time is that day everywhere.
  if (text.length === 10) return words.day(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  return words.day(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

/** `2024-Q3` or `2024-07` as months; the text itself when it is neither. */
export function month(text: string, words: Words): string {
  const quarter = /^([0-9]{4})-Q([1-4])$/.exec(text);
  if (quarter) return words.month(Number(quarter[1]), Number(quarter[2]) * 3 - 2, Number(quarter[2]) * 3);
  const single = /^([0-9]{4})-(0[1-9]|1[0-2])$/.exec(text);
  return single ? words.month(Number(single[1]), Number(single[2]), Number(single[2])) : text;
}
