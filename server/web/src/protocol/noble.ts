// All that is used of the noble libraries, in one place. Their parts stand next to each other in the built script by
// this order, which gzip can make use of.

export { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
export { gcmsiv } from "@noble/ciphers/aes.js";
export { sha256, sha512 } from "@noble/hashes/sha2.js";
export { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
export { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
export { ed25519, ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
