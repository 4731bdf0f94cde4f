// The token of a number in one channel and epoch (SPEC.md section 4). 64 bytes, to be kept as secret as the answer: it
// finds and opens the entry of the number.

import { concat, field, integer, utf8 } from "./bytes.ts";
import { sha512 } from "./noble.ts";

/** `f(tag) || f(channel) || f(epoch)`: binds a hash, or as AAD a sealed label, to its purpose, channel and epoch. */
export const binding = (tag: string, channel: string, epoch: number): Uint8Array =>
  concat(field(utf8(tag)), field(utf8(channel)), field(integer(epoch, 4)));

/** The token of an unblinded element (32 bytes). */
export const deriveToken = (element: Uint8Array, channel: string, epoch: number): Uint8Array =>
  sha512(concat(binding("pilookup-v1-token", channel, epoch), field(element)));

/** The index of the bucket, out of `2^bits`: the leading bits of the token. */
export function bucketIndex(token: Uint8Array, bits: number): number {
  const top = new DataView(token.buffer, token.byteOffset).getUint32(0);
  return bits === 0 ? 0 : top >>> (32 - bits);
}

/** The tag that the entry of this token begins with. */
export const tagOf = (token: Uint8Array): Uint8Array => token.subarray(4, 8);

/** The key that the label of this token is sealed with. */
export const labelKeyOf = (token: Uint8Array): Uint8Array => token.subarray(32, 64);
