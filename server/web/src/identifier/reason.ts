export const REASONS = [
  "empty", "no_digits", "too_short", "too_long", "not_possible", "no_area_code", "short_code", "iot", "id_card",
  "bank_card", "date", "digits_lost", "masked", "several", "letters",
] as const;

/** Why a text has no identifier. The codes are those of pilookup/identifier/reason.py. */
export type Reason = (typeof REASONS)[number];

export const isReason = (value: unknown): value is Reason => REASONS.includes(value as Reason);
