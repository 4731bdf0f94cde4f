/** Why an answer is unknown (SPEC.md section 11). */
export type FailureReason =
  | "unreachable"
  | "timeout"
  | "stale"
  | "rolled_back"
  | "bad_signature"
  | "bad_snapshot"
  | "bad_proof"
  | "bad_bucket"
  | "bad_response"
  | "rate_limited"
  | "unauthorized"
  | "retired"
  | "server_error"
  | "invalid_number"
  | "not_configured";

/** Ends a check. The only thing this code throws on purpose; it carries no input. */
export class Failure extends Error {
  readonly reason: FailureReason;
  /** Seconds to wait, when rate limited. */
  readonly wait: number | undefined;

  constructor(reason: FailureReason, why = "", wait?: number) {
    super(why ? `${reason}: ${why}` : reason);
    this.reason = reason;
    this.wait = wait;
  }
}

/** Run a parser; whatever goes wrong within ends as `reason`. */
export function parseOrFail<T>(reason: FailureReason, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(reason);
  }
}
