"""Servers that ask for a proof of work."""

import base64
import json
from hashlib import sha256

from tests.support.checking.server import Answer

SALT, NONCE = bytes(16), b"\x11" * 16


def document(counter, **changed):
    """The body of a 429 with a challenge that only `counter` solves."""
    key = sha256(SALT + NONCE + counter.to_bytes(4, "big")).digest()
    parameters = {"algorithm": "SHA-256", "salt": SALT.hex(), "nonce": NONCE.hex(), "cost": 1, "keyLength": 32}
    parameters |= {"keyPrefix": key[:16].hex(), "data": {"elements": 1000}} | changed
    body = {"type": "urn:pilookup:problem:proof-needed", "title": "t", "status": 429}
    return json.dumps(body | {"challenge": {"parameters": parameters, "signature": "s"}}).encode()


def demand(host, counter=500, accept=True, most=1000, **changed):
    """Make /evaluate answer only requests with the right proof of work (with `accept` False, none).

    A request of more than `most` elements is told to have no more.
    """

    limits = {"data": {"elements": most}}

    def twist(asked, answer):
        if asked.method != "POST":
            return answer
        proof = asked.headers.get("pilookup-proof")
        solved = proof and json.loads(base64.b64decode(proof))["solution"]["counter"] == counter
        fits = len(asked.body) // 32 <= most
        return answer if solved and accept and fits else Answer(429, document(counter, **limits | changed))

    host.twist = twist
