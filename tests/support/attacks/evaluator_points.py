"""32 bytes that are not a valid element: the identity, and encodings that RFC 9496 section 4.3.1 refuses."""

PRIME = 2**255 - 19
IDENTITY = bytes(32)
POINTS = {
    "identity, which is all zero": IDENTITY,
    "the field's prime, another spelling of zero": PRIME.to_bytes(32, "little"),
    "one above the prime": (PRIME + 1).to_bytes(32, "little"),
    "negative": (1).to_bytes(32, "little"),
    "not on the curve": (2).to_bytes(32, "little"),
    "high bit": bytes(31) + b"\x80",
    "all ones": b"\xff" * 32,
}
