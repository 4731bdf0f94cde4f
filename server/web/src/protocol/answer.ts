// What a check ends in (SPEC.md section 11). "No data" is not "no": every state is told apart.

import type { FailureReason } from "./failure.ts";

/** A dataset of the manifest's catalogue that a number stands in. */
export interface Case {
  id: number;
  kind: "exposure" | "malicious-registration";
  title: { zh: string; en: string };
  /** `2025-03-09` or null. */
  seized_on: string | null;
  data_classes: string[];
  advice: string[];
}

export interface Found {
  status: "found";
  exposed: boolean;
  malicious: boolean;
  /** A lower bound: on the public channel 0, 1, 2 or 6. */
  accounts: number;
  /** `2024-Q3` under the coarse profile, `2024-07` under the exact one, null when unknown. */
  last_seen: string | null;
  cases: Case[];
  more: boolean;
  /** When the snapshot was made. */
  as_of: string;
}

export interface Unknown {
  status: "unknown";
  reason: FailureReason;
  /** Of `invalid_number`: why the text is none (pilookup/identifier/reason.py). */
  detail?: string;
  /** Of `rate_limited`: seconds to wait. */
  wait?: number;
}

export type Answer = Found | { status: "not_found"; as_of: string } | Unknown;
