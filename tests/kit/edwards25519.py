"""Points of the curve edwards25519 (RFC 8032 section 5.1), for ristretto255 and for Ed25519.

A point is a tuple (X, Y, Z, T) of extended coordinates. Nothing here runs in constant time: every key of the kit is
published.
"""

from functools import cache

P = 2**255 - 19
"""The prime of the field."""

ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of the group that the base point generates."""

D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
_D2 = 2 * D % P
_WINDOW = 4

Point = tuple[int, int, int, int]

IDENTITY: Point = (0, 1, 1, 0)

_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, P) % P
BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = p[3] * q[3] % P * _D2 % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p: Point) -> Point:
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    h = a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = 2 * p[2] * p[2] % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p: Point) -> Point:
    return -p[0] % P, p[1], p[2], -p[3] % P


def multiply(scalar: int, p: Point) -> Point:
    """Return `scalar * p`, for a scalar of at most 256 bits that is not negative."""
    multiples = _multiples(p)
    result = IDENTITY
    for shift in range(252, -1, -_WINDOW):
        for _ in range(_WINDOW):
            result = double(result)
        digit = scalar >> shift & 15
        if digit:
            result = add(result, multiples[digit])
    return result


def multiply_base(scalar: int) -> Point:
    """Return `scalar * BASE`, from a table."""
    result = IDENTITY
    for row in _base_table():
        digit = scalar & 15
        if digit:
            result = add(result, row[digit])
        scalar >>= _WINDOW
    return result


def encode(p: Point) -> bytes:
    """Encode a point as RFC 8032 section 5.1.2 does."""
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """Decode a point (RFC 8032 section 5.1.3); raises ValueError."""
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if len(data) != 32 or y >= P:
        raise ValueError("not the encoding of a point")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * SQRT_M1 % P
    if v * x * x % P != u or (x == 0 and sign):
        raise ValueError("not the encoding of a point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _multiples(p: Point) -> list[Point]:
    multiples = [IDENTITY, p]
    while len(multiples) < 1 << _WINDOW:
        multiples.append(add(multiples[-1], p))
    return multiples


@cache
def _base_table() -> list[list[Point]]:
    rows, p = [], BASE
    for _ in range(64):
        rows.append(_multiples(p))
        for _ in range(_WINDOW):
            p = double(p)
    return rows
