// Verifies a bucket as served over HTTP: its slots and its Merkle path to the signed root (SPEC.md sections 6.3, 6.4).

import { chunksOf, concat, equal } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { ENTRY_BYTES } from "./label.ts";
import { sha256 } from "./noble.ts";

const HASH_BYTES = 32;

export interface Geometry {
  /** There are `2^bits` buckets. 0 to 16. */
  bits: number;
  /** Number of slots in each bucket, 32 bytes each. */
  slots: number;
}

/** Size of a bucket with its Merkle path. */
export const bucketBytes = ({ bits, slots }: Geometry): number => slots * ENTRY_BYTES + bits * HASH_BYTES;

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concat(Uint8Array.of(1), left, right));

/**
 * Verify a bucket against the root of the snapshot.
 *
 * @param body the slots and the Merkle path, as received
 * @param index the bucket's index
 * @param geometry the snapshot's number of buckets and slots
 * @param root the root in the signed manifest
 * @returns the slots
 * @throws Failure `bad_bucket` when the size is wrong or the path does not lead to the root
 */
export function verifyBucket(body: Uint8Array, index: number, geometry: Geometry, root: Uint8Array): Uint8Array {
  if (body.length !== bucketBytes(geometry)) throw new Failure("bad_bucket", "size");
  const slots = body.subarray(0, geometry.slots * ENTRY_BYTES);
  const path = chunksOf(body.subarray(slots.length), HASH_BYTES);
  const leaf = sha256(concat(Uint8Array.of(0), slots));
  const computed = path.reduce(
    (hash, sibling, k) => ((index >>> k) & 1 ? node(sibling, hash) : node(hash, sibling)),
    leaf,
  );
  if (!equal(computed, root)) throw new Failure("bad_bucket", "root");
  return slots;
}
