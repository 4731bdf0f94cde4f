"""Published test keys, and TUF metadata signed with them (SPEC.md sections 9.1 and 9.2).

Every key is derived from its name, so anyone can sign as the kit does: nothing that it signs may ever be trusted.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

from tests.kit import ed25519
from tests.kit.canonical_json import olpc

_sign = cache(ed25519.sign)


@dataclass(frozen=True)
class Signer:
    """A test key of a role, by its name; `id_suffix` gives the same key another key id."""

    name: str
    id_suffix: str = ""

    @cached_property
    def secret(self) -> bytes:
        return sha256(b"pilookup-test-kit " + self.name.encode()).digest()

    @cached_property
    def key(self) -> dict[str, Any]:
        """The key as root metadata list it."""
        public = _public_key(self.secret).hex()
        return {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}}

    @cached_property
    def key_id(self) -> str:
        return sha256(olpc(self.key) + self.id_suffix.encode()).hexdigest()

    def signature(self, message: bytes) -> dict[str, str]:
        return {"keyid": self.key_id, "sig": _sign(self.secret, message).hex()}


_public_key = cache(ed25519.public_key)


def sign(signed: dict[str, Any], signers: Iterable[Signer]) -> bytes:
    """Return a metadata file: `signed` and a signature of each signer."""
    message = olpc(signed)
    return to_file(signed, [signer.signature(message) for signer in signers])


def to_file(signed: dict[str, Any], signatures: list[dict[str, str]]) -> bytes:
    return json.dumps({"signatures": signatures, "signed": signed}, ensure_ascii=False).encode()
