"""Elements of ristretto255 (RFC 9496 section 4.3): encode, decode, and the one-way map."""

from tests.kit import edwards25519 as curve
from tests.kit.edwards25519 import ORDER, SQRT_M1, D, P, Point, add, multiply, multiply_base

__all__ = ["IDENTITY", "ORDER", "P", "Point", "add", "decode", "encode", "multiply", "multiply_base", "one_way_map"]

IDENTITY = bytes(32)
"""The encoding of the identity."""

_SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
_INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
_ONE_MINUS_D_SQ = (1 - D * D) % P
_D_MINUS_ONE_SQ = (D - 1) ** 2 % P


def decode(data: bytes) -> Point:
    """Decode an element (RFC 9496 section 4.3.1); raises ValueError for any but the one encoding."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s & 1:
        raise ValueError("not a canonical encoding")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    u2_squared = u2 * u2 % P
    v = (-(D * u1 * u1) - u2_squared) % P
    square, inverse = _inverse_root(1, v * u2_squared % P)
    den_x = inverse * u2 % P
    den_y = inverse * den_x % P * v % P
    x = _absolute(2 * s * den_x % P)
    y = u1 * den_y % P
    t = x * y % P
    if not square or t & 1 or y == 0:
        raise ValueError("not an element")
    return x, y, 1, t


def encode(p: Point) -> bytes:
    """Encode an element (RFC 9496 section 4.3.2)."""
    x0, y0, z0, t0 = p
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, inverse = _inverse_root(1, u1 * u2 * u2 % P)
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inverse = den1 * den2 % P * t0 % P
    if t0 * z_inverse % P & 1:
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * _INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if x * z_inverse % P & 1:
        y = -y % P
    return _absolute(den * (z0 - y) % P).to_bytes(32, "little")


def one_way_map(data: bytes) -> Point:
    """Map 64 uniform bytes to an element (RFC 9496 section 4.3.4)."""
    low, high = (int.from_bytes(half, "little") & (1 << 255) - 1 for half in (data[:32], data[32:]))
    return curve.add(_map(low % P), _map(high % P))


def _map(t: int) -> Point:
    r = SQRT_M1 * t * t % P
    u = (r + 1) * _ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = _inverse_root(u, v)
    c = P - 1
    if not square:
        s, c = -_absolute(s * t % P) % P, r
    n = (c * (r - 1) * _D_MINUS_ONE_SQ - v) % P
    w0, w1 = 2 * s * v % P, n * _SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def _inverse_root(u: int, v: int) -> tuple[bool, int]:
    """Return whether u / v is a square, and the root of u / v, or of SQRT_M1 * u / v, that is not negative."""
    r = u * pow(v, 3, P) % P * pow(u * pow(v, 7, P) % P, (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (u % P, -u % P), _absolute(r)


def _absolute(number: int) -> int:
    return P - number if number & 1 else number
