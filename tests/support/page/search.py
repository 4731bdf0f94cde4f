"""Searches bytes for a number and for values derived from it, in every spelling that a leak could have."""

import base64
import hashlib
import json
from functools import cache
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from pilookup import _core
from pilookup.identifier import Reason, canonicalise
from pilookup.protocol import oprf

HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s", "sm3")
SHORTEST = 6
"""Length in bytes of the shortest needle. A shorter one could be found by chance."""
_ONE = oprf.SecretKey.from_bytes((1).to_bytes(32, "little"))
"""The scalar 1: the evaluation of an identifier with it is HashToGroup of the identifier."""


def texts(typed: str):
    """A number as text: as typed, and in each form of E.164, grouped, whole or without its prefix."""
    forms = {typed}
    found = canonicalise(typed, "CN")
    if not isinstance(found, Reason):
        e164 = found.decode().removeprefix("tel:")
        national = e164.removeprefix("+86")
        forms |= {found.decode(), e164, e164[1:], f"00{e164[1:]}", national, national[::-1], national[3:]}
        forms |= {national[:3] + sep + national[3:7] + sep + national[7:] for sep in " -."}
        forms |= {"".join(chr(ord(sign) + 0xFEE0) for sign in national)}
    return {form for form in forms if len(form) >= 7}


@cache
def needles(typed: str):
    """(what it is, bytes) for every spelling of a number."""
    return list(dict.fromkeys(_needles(typed)))


def _needles(typed):
    for text in texts(typed):
        for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
            yield from spelled(f"{coding} text", text.encode(coding))
        yield "every character percent-encoded", "".join(f"%{byte:02x}" for byte in text.encode()).encode()
        yield "JSON escapes", "".join(f"\\u{ord(sign):04x}" for sign in text).encode()
        for name in HASHES:
            yield from spelled(name, hashlib.new(name, text.encode()).digest())
    found = canonicalise(typed, "CN")
    if not isinstance(found, Reason):
        digits = found.decode().removeprefix("tel:+")
        yield from numeric(digits)
        yield from numeric(digits.removeprefix("86"))
        yield from spelled("element", oprf.tokenise([found], _ONE))


def numeric(digits):
    for order in ("little", "big"):
        yield f"integer, {order}-endian", int(digits).to_bytes(8, order)
        yield f"short integer, {order}-endian", int(digits).to_bytes(6, order)
    yield "hexadecimal value", f"{int(digits):x}".encode()
    padded = digits if len(digits) % 2 == 0 else digits + "f"
    yield "packed decimal", bytes.fromhex(padded)


def spelled(what, raw):
    """The bytes themselves, their hex and base32, and their base64 at any position in a longer text."""
    yield what, raw
    yield f"hex of {what}", raw.hex().encode()
    yield f"base32 of {what}", base64.b32encode(raw)[:-8]
    for shift in range(3):
        # The characters that do not depend on the bytes before and after.
        first, last = (0, 3, 4)[shift], (len(raw) + shift) * 4 // 3
        middle = base64.b64encode(b"\0" * shift + raw)[first:last]
        yield f"base64 of {what}", middle
        yield f"base64url of {what}", middle.replace(b"+", b"-").replace(b"/", b"_")


def secrets(typed, key, channel="public", epoch=1):
    """The evaluated element and the token, which only the evaluator and the browser may have."""
    found = canonicalise(typed, "CN")
    if isinstance(found, Reason):
        return
    element = oprf.tokenise([found], key)
    yield from spelled("evaluated element", element)
    yield from spelled("token", _core.tokens(element, channel, epoch)[8:64])


def find(wanted, raw: bytes):
    """The needles of `wanted` that these bytes contain, also after percent-decoding and in lower case."""
    starts: dict[bytes, list] = {}
    for what, needle in wanted:
        assert len(needle) >= SHORTEST
        starts.setdefault(needle[:SHORTEST], []).append((what, needle))
    found = set()
    plain = unquote_to_bytes(raw)
    for view in {raw, plain, raw.lower(), plain.lower()}:
        seen = {view[at : at + SHORTEST] for at in range(len(view))}
        for start in seen & starts.keys():
            found |= {what for what, needle in starts[start] if needle in view}
    return sorted(found)


def numbers_in(numbers, key, raw: bytes):
    """What these bytes contain of any of these numbers or of what follows from one under the channel's key."""
    return find([one for number in dict.fromkeys(numbers) for one in (*needles(number), *secrets(number, key))], raw)


def blinded(request):
    """The blinded elements in a request; an empty list if it is not an evaluation."""
    if request.method != "POST" or not urlsplit(request.path).path.endswith("/evaluate"):
        return []
    if request.headers.get("content-type", "").startswith("application/json"):
        return [base64.urlsafe_b64decode(text + "=") for text in json.loads(request.body)["elements"]]
    assert set(parse_qs(urlsplit(request.path).query)) == {"epoch"}
    return [request.body[at : at + 32] for at in range(0, len(request.body), 32)]
