"""The signing request: what `publish --prepare` writes and `keys sign` reads.

JSON, with metadata files and manifests as texts, so that their bytes stay as they are:

    {"format": "pilookup-signing-request", "version": 1, "channel": ...,
     "trusted_root": the root metadata that clients have,
     "sign": {"root": ..., "targets": ..., "snapshot": ...},    root only where it changes
     "manifests": [...],                                        of all epochs of the release, newest first
     "served": {"targets": ..., "manifests": [...]} or null,    the release that is served now
     "digests": {"targets": SHA-256 of the bytes to be signed, ...},
     "summary": [...]}                                          sentences for a reader of the file

A reader takes nothing from `digests` and `summary`: it compares the former with what it computes, and writes its own
summary (`summary.py`). It refuses metadata with fields that it does not know, because it could not tell what they do.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Root, Snapshot, Targets

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.json_bounds import check_json_bounds
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import check_channel
from pilookup.protocol.release import (
    MANIFEST,
    SANDBOX,
    ServedEpoch,
    check_distinct_keys,
    check_manifest,
    check_snapshot,
    is_sandbox,
    parse_metadata,
    served_epochs,
    verify_root,
)
from pilookup.signing.signer import tuf_key
from pilookup.signing.unsigned import ROLES, UnsignedRelease, parse_unsigned

MAX_REQUEST_BYTES: Final = 1 << 25
"""The greatest size of a request. It has four manifests at most, of 4 MiB at most, whose quotes are escaped."""

_MAX_MANIFESTS: Final = 4
_MAX_DEPTH: Final = 3
_MAX_VALUES: Final = 1000
"""Lists, objects and commas of a request. All that is long in it is in strings."""

_FORMAT: Final = "pilookup-signing-request"
_VERSION: Final = 1
_NAMES: Final = {
    "format", "version", "channel", "trusted_root", "sign", "manifests", "served", "digests", "summary",
}  # fmt: skip
_CUSTOM: Final = {"epoch", "serves_until", "rotates_on", "audit"}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DescribedRelease:
    """A release as its targets metadata and manifests describe it; the manifests are in the order of the epochs."""

    targets: Targets
    epochs: tuple[ServedEpoch, ...]
    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A request whose parts belong together.

    unsigned: what is to be signed. release: the same in other words. served: the release that is served now, if any.
    """

    channel: str
    unsigned: UnsignedRelease
    release: DescribedRelease
    served: DescribedRelease | None


def write_request(
    channel: str,
    trusted_root: bytes,
    sign: Mapping[str, bytes],
    manifests: Sequence[bytes],
    served: tuple[bytes, Sequence[bytes]] | None,
    summary: Sequence[str],
) -> bytes:
    """The bytes of a request.

    Args:
        channel: The channel.
        trusted_root: The root metadata that the release follows.
        sign: The unsigned metadata files by role.
        manifests: Those of the release's epochs, newest first.
        served: The targets metadata and the manifests of the release that is served now.
        summary: Sentences for a reader of the file.

    Raises FormatError if it would be larger than a reader accepts.
    """
    unsigned = parse_unsigned(verify_root(trusted_root), sign)
    request = {
        "format": _FORMAT,
        "version": _VERSION,
        "channel": channel,
        "trusted_root": trusted_root.decode(),
        "sign": {role: data.decode() for role, data in sign.items()},
        "manifests": [data.decode() for data in manifests],
        "served": served and {"targets": served[0].decode(), "manifests": [data.decode() for data in served[1]]},
        "digests": unsigned.digests(),
        "summary": list(summary),
    }
    data = json.dumps(request, ensure_ascii=False, indent=1).encode() + b"\n"
    if len(data) > MAX_REQUEST_BYTES:
        raise FormatError(f"a signing request of {len(data):,} bytes is larger than holders accept")
    return data


def read_request(data: bytes, pinned: bytes | None = None) -> SigningRequest:
    """Parse a request and check that its parts belong together.

    Args:
        data: The request.
        pinned: Root metadata that the holder trusts, such as the channel's trust file. Without it, the trusted root is
            what the request says, and whoever wrote the request may have made it up.

    Raises:
        FormatError: It is no request, or its parts contradict each other, or metadata have unknown fields.
        TrustError: The trusted root is not signed by its own keys, or not by those of `pinned`; or the served release
            is not by the root's.
    """
    body = _object(_json(data), _NAMES, "request")
    if body["format"] != _FORMAT or type(body["version"]) is not int or body["version"] != _VERSION:
        raise FormatError("request: not a signing request of version 1")
    channel = check_channel(body["channel"])
    trusted = verify_root(_text(body["trusted_root"], "trusted_root"))
    if pinned is not None:
        _check_pinned(_text(body["trusted_root"], "trusted_root"), verify_root(pinned))
    _check_root(trusted)
    unsigned = _unsigned(trusted, body["sign"])
    release = _described(unsigned.targets.signed, body["manifests"], channel)
    if body["digests"] != unsigned.digests():
        raise FormatError("digests: not those of what is to be signed")
    served = None if body["served"] is None else _served(trusted, body["served"], channel)
    return SigningRequest(channel, unsigned, release, served)


def _check_pinned(data: bytes, pinned: Root) -> None:
    """Check that root metadata are the pinned ones, or later ones that enough of the pinned root keys have signed."""
    metadata = parse_metadata(data, Root)
    if metadata.signed == pinned:
        return
    if metadata.signed.version <= pinned.version:
        raise TrustError("rolled_back", "the root of this request is older than the one given to trust, or another one")
    try:
        pinned.verify_delegate("root", metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise TrustError(
            "bad_signature",
            "the root of this request is not signed by enough root keys of the one given to trust: give a newer root, "
            "brought by another way than the request, or do not sign",
        ) from error


def _unsigned(trusted: Root, value: object) -> UnsignedRelease:
    if not isinstance(value, dict) or not {"targets", "snapshot"} <= set(value) <= set(ROLES):
        raise FormatError("sign: targets and snapshot, and perhaps root, are needed")
    unsigned = parse_unsigned(trusted, {role: _text(text, f"sign.{role}") for role, text in value.items()})
    for role, metadata in unsigned.metadata().items():
        marks = {SANDBOX} if role == "root" else set()
        if metadata.signatures or metadata.unrecognized_fields or set(metadata.signed.unrecognized_fields) - marks:
            raise FormatError(f"sign.{role}: is signed already, or has fields that this version does not know")
    _check_targets(unsigned.targets.signed)
    _check_listed(unsigned.snapshot.signed, unsigned.targets.signed)
    if unsigned.root is not None:
        _check_root(unsigned.root.signed)
        if unsigned.root.signed.version != trusted.version + 1:
            raise FormatError("sign.root: not the version after the trusted root")
        if is_sandbox(unsigned.root.signed) != is_sandbox(trusted):
            raise FormatError("sign.root: the root of a sandbox follows another root, or is followed by one")
    return unsigned


def _check_root(root: Root) -> None:
    """Check that a root is one that this version writes, so that a summary of it leaves nothing out."""
    known = set(root.unrecognized_fields) <= {SANDBOX} and root.consistent_snapshot is True
    plain = all(
        (key.keytype, key.scheme, set(key.keyval), key.unrecognized_fields) == ("ed25519", "ed25519", {"public"}, {})
        for key in root.keys.values()
    )
    named = all(key_id == _key_id(str(key.keyval["public"])) for key_id, key in root.keys.items()) if plain else False
    if not known or not plain or not named or any(role.unrecognized_fields for role in root.roles.values()):
        raise FormatError("root: has fields or keys that this version does not know")
    check_distinct_keys(root)
    listed = [key_id for role in root.roles.values() for key_id in role.keyids]
    publics = [str(root.keys[key_id].keyval["public"]).lower() for key_id in listed if key_id in root.keys]
    if len(publics) != len(listed) or len(set(publics)) != len(publics) or set(root.keys) != set(listed):
        raise FormatError("root: a key is missing, in two roles, or in none")
    if any(not 1 <= role.threshold <= len(role.keyids) for role in root.roles.values()):
        raise FormatError("root: a threshold that the keys of its role cannot reach")


def _key_id(public: str) -> str:
    """The id of a key: a holder knows keys by the beginning of their ids, so no other key may have it."""
    try:
        return str(tuf_key(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))).keyid)
    except ValueError:
        raise FormatError("root: a public key is malformed") from None


def _check_targets(targets: Targets) -> None:
    unknown = targets.unrecognized_fields or targets.delegations is not None
    for path, target in targets.targets.items():
        custom = target.unrecognized_fields.get("custom", {})
        allowed = {"custom"} if path.endswith(f"/{MANIFEST}") else set()
        plain = set(target.unrecognized_fields) <= allowed and isinstance(custom, dict) and set(custom) <= _CUSTOM
        unknown = unknown or not plain or set(target.hashes) != {"sha256"} or not _is_plain(custom)
    if unknown:
        raise FormatError("targets: has fields that this version does not know")


def _is_plain(custom: dict[str, Any]) -> bool:
    """Whether the texts that a summary shows are what custody writes: nothing else may reach a holder's terminal."""
    day, head = custom.get("rotates_on", "2000-01-01"), custom.get("audit", "0" * 64)
    return (
        isinstance(day, str) and bool(_DAY.fullmatch(day)) and isinstance(head, str) and bool(_DIGEST.fullmatch(head))
    )


def _check_listed(snapshot: Snapshot, targets: Targets) -> None:
    check_snapshot(snapshot)
    listed = snapshot.meta["targets.json"]
    if listed.version != targets.version or listed.length is not None or listed.hashes or listed.unrecognized_fields:
        raise FormatError("snapshot: does not name the version of the targets metadata alone")


def _described(targets: Targets, value: object, channel: str) -> DescribedRelease:
    epochs = served_epochs(targets.targets)
    if not epochs or not isinstance(value, list) or not len(value) == len(epochs) <= _MAX_MANIFESTS:
        raise FormatError("manifests: not one for each epoch")
    manifests = []
    for epoch, text in zip(epochs, value, strict=True):
        data = _text(text, "manifests")
        if FileRef(sha256(data).hexdigest(), len(data)) != epoch.files[MANIFEST]:
            raise FormatError(f"manifests: not the one that is signed for epoch {epoch.epoch}")
        manifest = Manifest.from_bytes(data)
        check_manifest(manifest, channel=channel, epoch=epoch.epoch, files=epoch.files)
        manifests.append(manifest)
    return DescribedRelease(targets, epochs, tuple(manifests))


def _served(trusted: Root, value: object, channel: str) -> DescribedRelease:
    body = _object(value, {"targets", "manifests"}, "served")
    targets = parse_metadata(_text(body["targets"], "served.targets"), Targets)
    try:
        trusted.verify_delegate("targets", targets.signed_bytes, targets.signatures)
    except (RepositoryError, ValueError):
        raise TrustError("bad_signature", "served: not signed by the trusted root's keys") from None
    return _described(targets.signed, body["manifests"], channel)


def _json(data: bytes) -> Any:
    if len(data) > MAX_REQUEST_BYTES:
        raise FormatError("request: too large")
    check_json_bounds(data, "request", depth=_MAX_DEPTH, values=_MAX_VALUES)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("request: not JSON") from None


def _object(value: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise FormatError(f"{where}: not an object with exactly {', '.join(sorted(names))}")
    return value


def _text(value: object, where: str) -> bytes:
    try:
        return value.encode() if isinstance(value, str) else _refuse(where)
    except UnicodeEncodeError:
        return _refuse(where)


def _refuse(where: str) -> bytes:
    raise FormatError(f"{where}: not a text")
