"""The forms in which a number might leak."""

import base64
import hashlib


def spellings(number):
    """A number as it might leak: text, hashes, and both in other clothes."""
    texts = [number, f"tel:+86{number}", f"+86{number}", f"{number[:3]} {number[3:7]} {number[7:]}", number[::-1]]
    for text in texts:
        raw = text.encode()
        yield from (raw, text.encode("utf-16-le"), text.encode("utf-16-be"), raw.hex().encode())
        for shift in range(3):
            # The middle of a base64 text, whatever comes before and after.
            yield base64.b64encode(b"\0" * shift + raw)[4:-4]
            yield base64.urlsafe_b64encode(b"\0" * shift + raw)[4:-4]
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, raw).digest()
            yield from (digest, digest.hex().encode(), base64.b64encode(digest).rstrip(b"="))
    yield int(number).to_bytes(8, "little")
    yield int(number).to_bytes(8, "big")
