// The protocol vectors, read for the tests.

import { readFileSync } from "node:fs";
import { unhex } from "./protocol.mjs";

export const { cases } = JSON.parse(readFileSync(new URL("../vectors/protocol.json", import.meta.url), "utf8"));

// Returns the buckets of a snapshot case, including empty slots.
export function bucketsOf(one) {
  return one.buckets.map((entries) => {
    const bucket = new Uint8Array(one.slots * 32);
    bucket.set(unhex(entries.join("")));
    return bucket;
  });
}
