// The answer of a check (SPEC.md section 11). "Not found" and "could not be checked" are different answers.

import type { FailureReason } from "./failure.ts";

export interface Translated {
  zh: string;
  en: string;
}

/** What cases.json says about a case. Null where it says nothing. */
export interface CaseDetails {
  /** Where accounts were found. */
  platforms: Translated[];
  /** How to close an account. */
  close: Translated | null;
  close_url: string | null;
  /** Who decides on an appeal, how it is made, and which papers it takes. */
  appeal: { who: Translated | null; how: Translated | null; papers: Translated | null; url: string | null } | null;
}

/** A case of the manifest's catalogue whose data contain the number. */
export interface Case {
  id: number;
  kind: "exposure" | "malicious-registration";
  title: { zh: string; en: string };
  /** A date such as `2025-03-09`, or null. */
  seized_on: string | null;
  data_classes: string[];
  advice: string[];
  details?: CaseDetails;
}

export interface Found {
  status: "found";
  exposed: boolean;
  malicious: boolean;
  /** The lowest possible number of accounts. On the public channel: 0, 1, 2 or 6. */
  accounts: number;
  /** `2024-Q3` with the coarse profile, `2024-07` with the exact profile, null when unknown. */
  last_seen: string | null;
  cases: Case[];
  more: boolean;
  /** When the snapshot was made, as in the manifest. */
  as_of: string;
}

export interface Unknown {
  status: "unknown";
  reason: FailureReason;
  /** With `invalid_number`: why the text is not a number (a code of pilookup/identifier/reason.py). */
  detail?: string;
  /** With `rate_limited`: seconds to wait. */
  wait?: number;
}

export type Answer = Found | { status: "not_found"; as_of: string } | Unknown;
