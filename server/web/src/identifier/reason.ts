/** Why a text is no identifier (pilookup/identifier/reason.py). */
export type Reason =
  | "empty"
  | "no_digits"
  | "too_short"
  | "too_long"
  | "not_possible"
  | "no_area_code"
  | "short_code"
  | "id_card"
  | "bank_card"
  | "date"
  | "digits_lost"
  | "masked"
  | "several"
  | "letters";

export const REASONS: readonly Reason[] = [
  "empty", "no_digits", "too_short", "too_long", "not_possible", "no_area_code", "short_code", "id_card", "bank_card",
  "date", "digits_lost", "masked", "several", "letters",
];

export const isReason = (value: unknown): value is Reason => REASONS.includes(value as Reason);
