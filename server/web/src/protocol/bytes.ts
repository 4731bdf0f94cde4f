// The encodings that all formats share (SPEC.md section 1). Each value has one encoding; decoders refuse any other.

import { Failure, type FailureReason } from "./failure.ts";
import { bytesToHex, concatBytes, hexToBytes } from "./noble.ts";

export { concatBytes as concat, hexToBytes as fromHex, bytesToHex as hex };

/** The UTF-8 encoding of a text. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `I2OSP(n, size)`: n as `size` big-endian bytes. */
export function integer(n: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = n; i >= 0; i -= 1, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** `f(s)`: the length in two bytes, then the bytes. */
export const field = (bytes: Uint8Array): Uint8Array => concatBytes(integer(bytes.length, 2), bytes);

/** Whether two byte strings are equal. Not in constant time, so not for secrets. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The bytes in chunks of `size`. */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

/** The Base64 encoding (RFC 4648 section 4). */
export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Decode exactly `size` bytes of unpadded base64url. Throws a Failure with `reason` for anything else. */
export function fromBase64url(text: unknown, size: number, reason: FailureReason): Uint8Array {
  const good = typeof text === "string" && /^[\w-]*$/.test(text) && text.length === Math.ceil((size * 4) / 3);
  if (!good) throw new Failure(reason, "not base64url");
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  if (bytes.length !== size || base64(bytes).replace(/=+$/, "") !== plain) throw new Failure(reason, "not base64url");
  return bytes;
}

/** Decode UTF-8 strictly and keep a byte order mark. Throws a Failure with `reason` for anything else. */
export function fromUtf8(bytes: Uint8Array, reason: FailureReason): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Failure(reason, "not UTF-8");
  }
}
