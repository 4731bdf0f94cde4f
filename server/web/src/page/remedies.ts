// What to do for each reason why a number could not be checked.

import type { Remedy, UnknownReason } from "../words/words.ts";

const REMEDY: Record<UnknownReason, Remedy> = {
  unreachable: "network",
  timeout: "network",
  stale: "clock",
  rolled_back: "tell",
  bad_signature: "tell",
  bad_snapshot: "tell",
  bad_proof: "tell",
  bad_bucket: "tell",
  bad_response: "tell",
  rate_limited: "wait",
  unauthorized: "tell",
  retired: "again",
  server_error: "again",
  invalid_number: "number",
  not_configured: "setUp",
  not_started: "open",
};

/** The remedy for a reason; that of an answer that cannot be trusted if the page does not know the reason. */
export function remedyOf(reason: string): Remedy {
  return Object.prototype.hasOwnProperty.call(REMEDY, reason) ? REMEDY[reason as UnknownReason] : "tell";
}
