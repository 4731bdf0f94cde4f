const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Milliseconds since 1970 of a time such as `2026-11-24T08:00:00Z` (SPEC.md section 1). NaN for any other form. */
export function fromTime(text: unknown): number {
  if (typeof text !== "string" || !TIME.test(text)) return NaN;
  const moment = Date.parse(text);
  return new Date(moment || 0).toISOString() === text.replace("Z", ".000Z") ? moment : NaN;
}
