// Re-exports everything that is used of the noble libraries. The order of these lines is the order of the modules in
// the built script. It puts similar code side by side, which gzip compresses better.

export { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
export { gcmsiv } from "@noble/ciphers/aes.js";
export { sha256, sha512 } from "@noble/hashes/sha2.js";
export { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
export { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
export { ed25519, ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
