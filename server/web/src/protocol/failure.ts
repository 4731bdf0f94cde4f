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

/** Ends a check with a reason. The only error that this code throws on purpose. Never contains what was entered. */
export class Failure extends Error {
  readonly reason: FailureReason;
  /** Seconds to wait, with reason `rate_limited`. */
  readonly wait: number | undefined;

  constructor(reason: FailureReason, why = "", wait?: number) {
    super(why ? `${reason}: ${why}` : reason);
    this.reason = reason;
    this.wait = wait;
  }
}

/** Run a parser. Errors other than a Failure become a Failure with `reason`. */
export function parseOrFail<T>(reason: FailureReason, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(reason);
  }
}
