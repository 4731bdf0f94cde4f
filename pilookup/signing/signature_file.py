"""The signature file: what `keys sign` writes and `publish --finish` reads.

{"format": "pilookup-signatures", "version": 1, "channel": ...,
 "signatures": [{"role": "targets", "sha256": of the bytes that were signed, "keyid": ..., "sig": hex}, ...]}
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilookup.errors import FormatError
from pilookup.protocol.json_bounds import check_json_bounds
from pilookup.protocol.names import check_channel
from pilookup.signing.request import SigningRequest
from pilookup.signing.signer import Signer, tuf_key_id
from pilookup.signing.unsigned import ROLES

MAX_SIGNATURES_BYTES: Final = 1 << 16
_MAX_DEPTH: Final = 3
_MAX_VALUES: Final = 4096
_FORMAT: Final = "pilookup-signatures"
_VERSION: Final = 1
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class MadeSignature:
    """One signature of a file: who signed which bytes, for which role. sha256: of the bytes that were signed."""

    role: str
    sha256: str
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """The content of a signature file."""

    channel: str
    signatures: tuple[MadeSignature, ...]

    def to_bytes(self) -> bytes:
        """The content of the file."""
        items = [
            {"role": each.role, "sha256": each.sha256, "keyid": each.key_id, "sig": each.signature.hex()}
            for each in self.signatures
        ]
        body = {"format": _FORMAT, "version": _VERSION, "channel": self.channel, "signatures": items}
        return json.dumps(body, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "SignatureFile":
        """Parse the file; raises FormatError. Whether the signatures are valid is not checked here."""
        if len(data) > MAX_SIGNATURES_BYTES:
            raise FormatError("signatures: too large")
        check_json_bounds(data, "signatures", depth=_MAX_DEPTH, values=_MAX_VALUES)
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            raise FormatError("signatures: not JSON") from None
        if not isinstance(body, dict) or set(body) != {"format", "version", "channel", "signatures"}:
            raise FormatError("signatures: not a signature file")
        if body["format"] != _FORMAT or type(body["version"]) is not int or body["version"] != _VERSION:
            raise FormatError("signatures: not a signature file of version 1")
        items = body["signatures"]
        if not isinstance(items, list) or not items:
            raise FormatError("signatures: none")
        return cls(check_channel(body["channel"]), tuple(_signature(item) for item in items))


def sign_request(request: SigningRequest, signers: Sequence[Signer]) -> SignatureFile:
    """Sign what a request asks of these keys.

    Raises:
        FormatError: A key is none of those that the request needs.
        KeyringError: A key cannot be used.
    """
    for signer in signers:
        key_id = tuf_key_id(signer)
        if not any(key_id in request.unsigned.keys_of(role) for role in request.unsigned.metadata()):
            raise FormatError(f"the key {key_id[:16]} is none of those that sign this request")
    added = request.unsigned.sign(signers)
    digests, metadata = request.unsigned.digests(), request.unsigned.metadata()
    made = [
        MadeSignature(role, digests[role], key_id, bytes.fromhex(metadata[role].signatures[key_id].signature))
        for role, key_id in added
    ]
    return SignatureFile(request.channel, tuple(made))


def _signature(item: object) -> MadeSignature:
    if not isinstance(item, dict) or set(item) != {"role", "sha256", "keyid", "sig"}:
        raise FormatError("signatures: an item without exactly role, sha256, keyid and sig")
    if not all(isinstance(value, str) for value in item.values()) or item["role"] not in ROLES:
        raise FormatError("signatures: an item of another role, or with a value that is not a text")
    if not (_DIGEST.fullmatch(item["sha256"]) and _DIGEST.fullmatch(item["keyid"])):
        raise FormatError("signatures: a digest or key id is not 64 hex digits")
    if not _SIGNATURE.fullmatch(item["sig"]):
        raise FormatError("signatures: a signature is not 128 hex digits")
    return MadeSignature(item["role"], item["sha256"], item["keyid"], bytes.fromhex(item["sig"]))
