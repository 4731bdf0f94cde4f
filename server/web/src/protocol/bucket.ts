// A bucket over HTTP: its slots, then its Merkle path to the signed root (SPEC.md sections 6.3 and 6.4).

import { concat, equal, split } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { ENTRY_BYTES } from "./label.ts";
import { sha256 } from "./noble.ts";

const HASH_BYTES = 32;

export interface Geometry {
  /** `2^bits` buckets, 0 to 16. */
  bits: number;
  /** Slots of 32 bytes in each. */
  slots: number;
}

export const bodyBytes = ({ bits, slots }: Geometry): number => slots * ENTRY_BYTES + bits * HASH_BYTES;

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concat(Uint8Array.of(1), left, right));

/** The slots of bucket `index`, once they lead to `root`; Failure `bad_bucket`. */
export function checkBody(body: Uint8Array, index: number, geometry: Geometry, root: Uint8Array): Uint8Array {
  if (body.length !== bodyBytes(geometry)) throw new Failure("bad_bucket", "size");
  const slots = body.subarray(0, geometry.slots * ENTRY_BYTES);
  const path = split(body.subarray(slots.length), HASH_BYTES);
  const leaf = sha256(concat(Uint8Array.of(0), slots));
  const top = path.reduce((hash, step, k) => ((index >>> k) & 1 ? node(step, hash) : node(hash, step)), leaf);
  if (!equal(top, root)) throw new Failure("bad_bucket", "root");
  return slots;
}
