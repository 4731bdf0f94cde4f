"""Write tests/vectors/screening.json: join keys, row ids and a token file of SPEC.md section 16, without the code under test.

`--check` compares instead of writing.
"""

import hmac
import json
import struct
import sys
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from generated_file import main

FILE = Path(__file__).with_name("screening.json")


def hkdf(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) without salt, 32 bytes."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def vector(number: int, channel: str, epoch: int, bits: int) -> dict[str, Any]:
    """One local key, row and token, and what is made of them."""
    local = sha256(f"local key {number}".encode()).digest()
    token = sha512(f"token {number}".encode()).digest()
    user, identifier = f"user-{number}", f"tel:+861380013{number:04}"
    keys = {purpose: hkdf(local, f"pilookup-v1-screen-{purpose}".encode()) for purpose in ("join", "rows", "sealing")}
    bucket = int.from_bytes(token[:4], "big") >> (32 - bits)
    message = channel.encode() + b"\0" + struct.pack(">II", epoch, bucket) + token[4:8]
    row = hmac.digest(keys["rows"], user.encode() + b"\0" + identifier.encode(), "sha256")[:16]
    nonce = sha256(f"nonce {number}".encode()).digest()[:12]
    aad = b"pilookup-v1-screen-tokens\0" + channel.encode() + b"\0" + struct.pack(">II", epoch, 1)
    sealed = AESGCMSIV(keys["sealing"]).encrypt(nonce, row + token[:8] + token[32:], aad)
    return {
        "local_key": local.hex(),
        "join_key_key": keys["join"].hex(),
        "row_id_key": keys["rows"].hex(),
        "sealing_key": keys["sealing"].hex(),
        "channel": channel,
        "epoch": epoch,
        "bucket_bits": bits,
        "token": token.hex(),
        "bucket": bucket,
        "join_key": struct.unpack(">q", hmac.digest(keys["join"], message, "sha256")[:8])[0],
        "user": user,
        "identifier": identifier,
        "row_id": row.hex(),
        "token_file": (struct.pack(">4sB3xII", b"PLKT", 1, epoch, 1) + nonce + sealed).hex(),
    }


def text() -> str:
    """The content of the file."""
    cases = [(1, "platform", 1, 0), (2, "platform", 3, 10), (3, "another-channel", 2**32 - 1, 16)]
    return json.dumps({"vectors": [vector(*case) for case in cases]}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(FILE, text(), __doc__))
