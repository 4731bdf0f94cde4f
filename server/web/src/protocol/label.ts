// The label: what a record says about a number, in 12 bytes, and the entry it is sealed in (SPEC.md section 5).
//
//   offset  size  field
//   0       1     flags: 0x01 exposed, 0x02 malicious, 0x40 more cases than three, 0x80 canary
//   1       1     zero
//   2       2     accounts
//   4       2     last-seen month: (year - 2000) * 12 + month, at most 1200; 0 unknown
//   6       6     up to three catalogue ids, unused ones 0 and last
//
// Integers are big-endian. An entry is the token's tag (4 bytes) and the sealed label (12 and 16 bytes).

import { equal, chunksOf } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { gcmsiv } from "./noble.ts";
import { binding, labelKeyOf, tagOf } from "./token.ts";

export const LABEL_BYTES = 12;
export const ENTRY_BYTES = 32;

export interface Label {
  exposed: boolean;
  malicious: boolean;
  accounts: number;
  /** Months from 2000-01, which is 1; 0 unknown. */
  month: number;
  /** Catalogue ids, newest first. */
  cases: number[];
  more: boolean;
  canary: boolean;
}

const MAX_MONTH = 1200;
const [EXPOSED, MALICIOUS, MORE, CANARY] = [0x01, 0x02, 0x40, 0x80] as const;
const NONCE = new Uint8Array(12);

/** Parse 12 bytes; Failure `bad_snapshot` for any a publisher would not write. */
export function parseLabel(bytes: Uint8Array): Label {
  if (bytes.length !== LABEL_BYTES) throw bad("not 12 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [flags, month] = [view.getUint8(0), view.getUint16(4)];
  if (flags & ~(EXPOSED | MALICIOUS | MORE | CANARY) || view.getUint8(1) !== 0) throw bad("unknown flag");
  if (!(flags & (EXPOSED | MALICIOUS | CANARY))) throw bad("says nothing");
  if (month > MAX_MONTH) throw bad("month");
  const cases = parseCases([6, 8, 10].map((at) => view.getUint16(at)));
  const more = (flags & MORE) !== 0;
  if (more && cases.length < 3) throw bad("more without three cases");
  const [exposed, malicious, canary] = [EXPOSED, MALICIOUS, CANARY].map((flag) => (flags & flag) !== 0);
  return { exposed: exposed!, malicious: malicious!, accounts: view.getUint16(2), month, cases, more, canary: canary! };
}

function parseCases(slots: number[]): number[] {
  const cases = slots.filter((id) => id !== 0);
  if (cases.some((id, i) => id !== slots[i])) throw bad("a gap between cases");
  if (new Set(cases).size !== cases.length) throw bad("a case twice");
  return cases;
}

const bad = (why: string): Failure => new Failure("bad_snapshot", `label: ${why}`);

/**
 * The label sealed to this token among a verified bucket's slots, or null where there is none. Every entry that bears
 * the tag is tried. Failure `bad_snapshot` when what opens is no label.
 */
export function findLabel(token: Uint8Array, slots: Uint8Array, channel: string, epoch: number): Label | null {
  const aad = binding("pilookup-v1-label", channel, epoch);
  for (const entry of chunksOf(slots, ENTRY_BYTES)) {
    if (!equal(entry.subarray(0, 4), tagOf(token))) continue;
    const label = openEntry(labelKeyOf(token), entry.subarray(4), aad);
    if (label !== null) return parseLabel(label);
  }
  return null;
}

/** The label's bytes, or null when they were sealed under another key. */
function openEntry(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | null {
  const cipher = gcmsiv(key, NONCE, aad);
  try {
    return cipher.decrypt(sealed);
  } catch {
    return null; // another number's entry under the same tag
  }
}

/** `2025-07` under the exact profile, `2025-Q3` under the coarse one, null when unknown. */
export function monthText(month: number, profile: "exact" | "coarse"): string | null {
  if (month === 0) return null;
  const [year, index] = [2000 + Math.floor((month - 1) / 12), (month - 1) % 12];
  return profile === "coarse" ? `${year}-Q${Math.floor(index / 3) + 1}` : `${year}-${`0${index + 1}`.slice(-2)}`;
}
