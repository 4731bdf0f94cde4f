// The label, which says in 12 bytes what is known of a number, and the entry that it is sealed in (SPEC.md section 5).
//
//   offset  size  field
//   0       1     flags: 0x01 exposed, 0x02 malicious, 0x40 more than three cases, 0x80 canary
//   1       1     zero
//   2       2     accounts
//   4       2     month last seen: (year - 2000) * 12 + month, at most 1200; 0 if unknown
//   6       6     three catalogue ids; unused ids are 0 and come last
//
// Integers are big-endian. An entry is the token's tag (4 bytes) and the sealed label (12 bytes and a tag of 16).

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
  /** Months since the end of 1999: 1 is January 2000. 0 if unknown. */
  month: number;
  /** Catalogue ids, newest first. */
  cases: number[];
  more: boolean;
  canary: boolean;
}

const MAX_MONTH = 1200;
const [EXPOSED, MALICIOUS, MORE, CANARY] = [0x01, 0x02, 0x40, 0x80] as const;
const NONCE = new Uint8Array(12);

/** Parse a label. Throws a Failure `bad_snapshot` for bytes that a publisher would not write. */
export function parseLabel(bytes: Uint8Array): Label {
  if (bytes.length !== LABEL_BYTES) throw bad("not 12 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [flags, month] = [view.getUint8(0), view.getUint16(4)];
  if (flags & ~(EXPOSED | MALICIOUS | MORE | CANARY) || view.getUint8(1) !== 0) throw bad("unknown flag");
  if (!(flags & (EXPOSED | MALICIOUS | CANARY))) throw bad("no flag set");
  if (month > MAX_MONTH) throw bad("month");
  if (flags & CANARY && (flags !== CANARY || bytes.subarray(1).some(Boolean))) throw bad("a canary with something else");
  const cases = parseCases([6, 8, 10].map((at) => view.getUint16(at)));
  const more = (flags & MORE) !== 0;
  if (more && cases.length < 3) throw bad("more without three cases");
  const [exposed, malicious, canary] = [EXPOSED, MALICIOUS, CANARY].map((flag) => (flags & flag) !== 0);
  return { exposed: exposed!, malicious: malicious!, accounts: view.getUint16(2), month, cases, more, canary: canary! };
}

function parseCases(slots: number[]): number[] {
  const cases = slots.filter((id) => id !== 0);
  if (cases.some((id, i) => id !== slots[i])) throw bad("a gap between cases");
  if (new Set(cases).size !== cases.length) throw bad("duplicate case");
  return cases;
}

const bad = (why: string): Failure => new Failure("bad_snapshot", `label: ${why}`);

/**
 * Find the label of a token in a bucket. Tries every entry with the token's tag.
 *
 * @param token the number's token
 * @param slots the slots of a verified bucket
 * @param channel the snapshot's channel
 * @param epoch the snapshot's epoch
 * @returns the label, or null if no entry opens
 * @throws Failure `bad_snapshot` when an entry opens but does not hold a valid label
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

/** The bytes of the label, or null if the entry was sealed with another key. */
function openEntry(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | null {
  const cipher = gcmsiv(key, NONCE, aad);
  try {
    return cipher.decrypt(sealed);
  } catch {
    return null; // the entry of another number with the same tag
  }
}

/** The month as text: `2025-07` with the exact profile, `2025-Q3` with the coarse profile, null if unknown. */
export function monthText(month: number, profile: "exact" | "coarse"): string | null {
  if (month === 0) return null;
  const [year, index] = [2000 + Math.floor((month - 1) / 12), (month - 1) % 12];
  return profile === "coarse" ? `${year}-Q${Math.floor(index / 3) + 1}` : `${year}-${`0${index + 1}`.slice(-2)}`;
}
