// A bucket over HTTP: its slots, then its Merkle path to the signed root (SPEC.md sections 6.3 and 6.4).

import { concat, equal, chunksOf } from "./bytes.ts";
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

export const bucketBytes = ({ bits, slots }: Geometry): number => slots * ENTRY_BYTES + bits * HASH_BYTES;

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concat(Uint8Array.of(1), left, right));

/** The slots of bucket `index`, once they lead to `root`; Failure `bad_bucket`. */
export function verifyBucket(body: Uint8Array, index: number, geometry: Geometry, root: Uint8Array): Uint8Array {
  if (body.length !== bucketBytes(geometry)) throw new Failure("bad_bucket", "size");
  const slots = body.subarray(0, geometry.slots * ENTRY_BYTES);
  const path = chunksOf(body.subarray(slots.length), HASH_BYTES);
  const leaf = sha256(concat(Uint8Array.of(0), slots));
  const computed = path.reduce((hash, sibling, k) => ((index >>> k) & 1 ? node(sibling, hash) : node(hash, sibling)), leaf);
  if (!equal(computed, root)) throw new Failure("bad_bucket", "root");
  return slots;
}
