// The token of a number in one channel and epoch (SPEC.md section 4): 64 bytes, as secret as the answer.

import { concat, field, integer, utf8 } from "./bytes.ts";
import { sha512 } from "./noble.ts";

/** `f(tag) || f(channel) || f(epoch)`: what binds a hash or a seal to its place. */
export const binding = (tag: string, channel: string, epoch: number): Uint8Array =>
  concat(field(utf8(tag)), field(utf8(channel)), field(integer(epoch, 4)));

/** The token of an element (32 bytes). */
export const deriveToken = (element: Uint8Array, channel: string, epoch: number): Uint8Array =>
  sha512(concat(binding("pilookup-v1-token", channel, epoch), field(element)));

/** Which of `2^bits` buckets: the top bits of the token. */
export function bucketIndex(token: Uint8Array, bits: number): number {
  const top = new DataView(token.buffer, token.byteOffset).getUint32(0);
  return bits === 0 ? 0 : top >>> (32 - bits);
}

export const tagOf = (token: Uint8Array): Uint8Array => token.subarray(4, 8);

export const labelKeyOf = (token: Uint8Array): Uint8Array => token.subarray(32, 64);
