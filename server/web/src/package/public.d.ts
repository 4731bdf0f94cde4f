// The types of the package `pilookup-client`. check_types.ts beside it holds the code to them.

/** Why an answer is unknown. */
export type FailureReason =
  | "unreachable" | "timeout" | "stale" | "rolled_back" | "bad_signature" | "bad_snapshot" | "bad_proof" | "bad_bucket"
  | "bad_response" | "rate_limited" | "unauthorized" | "retired" | "server_error" | "invalid_number" | "not_configured";

/** A dataset that holds the number. */
export interface Case {
  id: number;
  kind: "exposure" | "malicious-registration";
  title: { zh: string; en: string };
  /** A date such as `2025-03-09`, or null. */
  seized_on: string | null;
  data_classes: string[];
  advice: string[];
}

export interface Found {
  status: "found";
  exposed: boolean;
  malicious: boolean;
  /** Number of accounts; on the public channel a lower bound (0, 1, 2 or 6). */
  accounts: number;
  /** `2024-07`, on the public channel `2024-Q3`; null when unknown. */
  last_seen: string | null;
  cases: Case[];
  more: boolean;
  /** When the snapshot was made. */
  as_of: string;
}

export interface NotFound {
  status: "not_found";
  as_of: string;
}

export interface Unknown {
  status: "unknown";
  /** `quota_exceeded`: the platform's quota of the epoch is used up; waiting helps only once the epoch ends. */
  reason: FailureReason | "quota_exceeded";
  /** With `invalid_number`: why the text is not a number. */
  detail?: string;
  /** With `rate_limited` and `quota_exceeded`: seconds to wait. */
  wait?: number;
}

export type Answer = Found | NotFound | Unknown;

/** How a client is made. */
export interface Options {
  /** The server's base URL, https:// (http:// to this machine only). */
  url: string;
  /** The content of the trust file (`trust-platform.json`). */
  trust: Uint8Array;
  /** The channel to check; `platform` by default. */
  channel?: string;
  /** The bearer token of a closed channel. */
  token?: string;
  /** Milliseconds that one check may take, with everything it does; 10,000 by default. */
  timeout?: number;
  /** Whether the channel is that of a sandbox. Its root is refused without it, and every other root with it. */
  sandbox?: boolean;
  /** Which quota of the platform is charged. Without it, the server decides by the size of each request. */
  purpose?: "signup" | "screening";
}

/**
 * Checks numbers against one channel, and trusts neither the evaluator nor the host of the buckets. Checks may run at the
 * same time. Nothing is stored: a rollback is detected only while the client lives.
 */
export class PilookupClient {
  /**
   * Make a client. Nothing is sent before the first check.
   *
   * @throws Error when the URL, the channel's name, the token, the timeout, the purpose or the trust file is not valid, or when `trust` is
   *   marked as that of a sandbox and `sandbox` is not set, or the other way round
   */
  constructor(options: Options);

  /**
   * Check the one number in a text. Never throws: whatever goes wrong is an answer with status `unknown`.
   *
   * @param text a phone number as typed; without a country code it is read as a Chinese one
   */
  check(text: string): Promise<Answer>;
}

/**
 * The canonical form of the one phone number in a text, such as `tel:+8613800138000`, or null.
 *
 * @param region where a number without a country code was written (ISO 3166-1 alpha-2)
 */
export function canonicalNumber(text: string, region?: string): string | null;
