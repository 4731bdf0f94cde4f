"""Ed25519 signatures (RFC 8032 section 5.1), with which the kit signs TUF metadata."""

from hashlib import sha512

from tests.kit import edwards25519 as curve


def public_key(secret: bytes) -> bytes:
    """Return the public key of a secret key of 32 bytes."""
    scalar, _ = _expand(secret)
    return curve.encode(curve.multiply_base(scalar))


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the signature, 64 bytes, of a message."""
    scalar, prefix = _expand(secret)
    public = curve.encode(curve.multiply_base(scalar))
    r = _number(prefix + message)
    commitment = curve.encode(curve.multiply_base(r))
    s = (r + _number(commitment + public + message) * scalar) % curve.ORDER
    return commitment + s.to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature of 64 bytes is valid."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= curve.ORDER:
        return False
    try:
        key, commitment = curve.decode(public), curve.decode(signature[:32])
    except ValueError:
        return False
    challenge = _number(signature[:32] + public + message) % curve.ORDER
    return curve.encode(curve.multiply_base(s)) == curve.encode(curve.add(commitment, curve.multiply(challenge, key)))


def _expand(secret: bytes) -> tuple[int, bytes]:
    digest = sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def _number(data: bytes) -> int:
    return int.from_bytes(sha512(data).digest(), "little") % curve.ORDER
