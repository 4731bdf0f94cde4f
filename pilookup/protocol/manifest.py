"""The manifest of one snapshot: canonical JSON by RFC 8785, so each has one spelling (SPEC.md section 7)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

import rfc8785

from pilookup.errors import FormatError
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE, Geometry
from pilookup.protocol.encoding import b64url, from_b64url, from_day_text, from_time_text, time_text
from pilookup.protocol.json_bounds import check_json_bounds
from pilookup.protocol.label import Kind, Profile
from pilookup.protocol.names import MAX_SERIAL, check_channel, check_epoch, check_integer, check_serial
from pilookup.protocol.oprf import is_element
from pilookup.protocol.title import MAX_TITLE, is_title

FORMAT = 1
MAX_MANIFEST_BYTES = 4 * 2**20
_MAX_DEPTH = 8
_BYTES_OF_VALUE = 4
"""A manifest has fewer values than one in four bytes, which the shortest code in a list has."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CANARY = re.compile(r"test:[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class FileRef:
    """The SHA-256 (hex) and the size in bytes of a snapshot's file."""

    sha256: str
    size: int

    @classmethod
    def from_json(cls, value: object, name: str) -> Self:
        """Parse the reference to the file `name`; raises FormatError."""
        body = _object(value, {"sha256", "size"}, f"files.{name}")
        if not isinstance(body["sha256"], str) or not _DIGEST.fullmatch(body["sha256"]):
            raise FormatError(f"files.{name}.sha256: not a SHA-256")
        return cls(body["sha256"], check_integer(body["size"], 0, MAX_SERIAL, f"files.{name}.size"))


@dataclass(frozen=True, slots=True)
class Case:
    """A dataset as the catalogue describes it. Labels refer to it by `id`."""

    id: int
    kind: Kind
    title_zh: str
    title_en: str
    seized_on: date | None = None
    data_classes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The case as an item of the manifest's `datasets`."""
        return {
            "id": self.id,
            "kind": str(self.kind),
            "title": {"zh": self.title_zh, "en": self.title_en},
            "seized_on": self.seized_on.isoformat() if self.seized_on else None,
            "data_classes": list(self.data_classes),
            "advice": list(self.advice),
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse an item of the manifest's `datasets`; raises FormatError."""
        names = {"id", "kind", "title", "seized_on", "data_classes", "advice"}
        body = _object(value, names, "datasets")
        title = _object(body["title"], {"zh", "en"}, "datasets.title")
        if body["kind"] not in list(Kind):
            raise FormatError("datasets.kind: unknown")
        return cls(
            id=check_integer(body["id"], 1, 0xFFFF, "datasets.id"),
            kind=Kind(body["kind"]),
            title_zh=_text(title["zh"], "datasets.title.zh"),
            title_en=_text(title["en"], "datasets.title.en"),
            seized_on=None if body["seized_on"] is None else from_day_text(body["seized_on"], "datasets.seized_on"),
            data_classes=_codes(body["data_classes"], "datasets.data_classes"),
            advice=_codes(body["advice"], "datasets.advice"),
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a client needs to check a number against one snapshot."""

    channel: str
    profile: Profile
    epoch: int
    serial: int
    created: datetime
    public_key: bytes
    geometry: Geometry
    entries: int
    root: bytes
    files: Mapping[str, FileRef]
    canaries: tuple[str, ...]
    datasets: tuple[Case, ...] = field(default=())

    def to_bytes(self) -> bytes:
        """The manifest as canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {
                "format": FORMAT,
                "channel": self.channel,
                "profile": str(self.profile),
                "epoch": self.epoch,
                "serial": self.serial,
                "created": time_text(self.created),
                "public_key": b64url(self.public_key),
                "bucket_bits": self.geometry.bits,
                "slots": self.geometry.slots,
                "entries": self.entries,
                "root": b64url(self.root),
                "files": {n: {"sha256": f.sha256, "size": f.size} for n, f in self.files.items()},
                "canaries": list(self.canaries),
                "datasets": [case.to_json() for case in self.datasets],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a manifest; raises FormatError, naming the field, for anything `to_bytes` would not write."""
        body = _object(_parse(data), _FIELDS, "manifest")
        if type(body["format"]) is not int or body["format"] != FORMAT:
            raise FormatError("format: this version reads format 1 only")
        if body["profile"] not in list(Profile):
            raise FormatError("profile: unknown")
        manifest = cls(
            channel=check_channel(body["channel"]),
            profile=Profile(body["profile"]),
            epoch=check_epoch(body["epoch"]),
            serial=check_serial(body["serial"]),
            created=from_time_text(body["created"], "created"),
            public_key=_public_key(body["public_key"]),
            geometry=Geometry(body["bucket_bits"], body["slots"]),
            entries=check_integer(body["entries"], 0, MAX_SERIAL, "entries"),
            root=from_b64url(body["root"], 32, "root"),
            files=_files(body["files"]),
            canaries=_canaries(body["canaries"]),
            datasets=_catalogue(body["datasets"]),
        )
        if manifest.to_bytes() != data:
            raise FormatError("manifest: not canonical JSON (RFC 8785)")
        return manifest


_FIELDS = {
    "format", "channel", "profile", "epoch", "serial", "created", "public_key", "bucket_bits", "slots",
    "entries", "root", "files", "canaries", "datasets",
}  # fmt: skip


def check_file(name: object) -> str:
    """Check the plain name of a snapshot's file, without a directory; returns it or raises FormatError."""
    if not isinstance(name, str) or not _FILE.fullmatch(name):
        raise FormatError("files: a name is not a plain file name")
    return name


def _parse(data: bytes) -> object:
    if len(data) > MAX_MANIFEST_BYTES:
        raise FormatError("manifest: too large")
    check_json_bounds(data, "manifest", depth=_MAX_DEPTH, values=1000 + len(data) // _BYTES_OF_VALUE)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("manifest: not JSON") from None


def _object(value: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise FormatError(f"{where}: not an object of {', '.join(sorted(names))}")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise FormatError(f"{where}: not a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not is_title(value):
        raise FormatError(f"{where}: not a printable text of 1 to {MAX_TITLE} characters")
    return value


def _public_key(value: object) -> bytes:
    key = from_b64url(value, 32, "public_key")
    if not is_element(key):
        raise FormatError("public_key: not an element, or the identity")
    return key


def _codes(value: object, where: str) -> tuple[str, ...]:
    codes = _list(value, where)
    if not all(isinstance(code, str) and _CODE.fullmatch(code) for code in codes):
        raise FormatError(f"{where}: not a list of codes")
    return tuple(str(code) for code in codes)


def _files(value: object) -> dict[str, FileRef]:
    if not isinstance(value, dict) or not {BUCKETS_FILE, TREE_FILE} <= set(value):
        raise FormatError(f"files: {BUCKETS_FILE} and {TREE_FILE} are missing")
    return {check_file(name): FileRef.from_json(ref, name) for name, ref in sorted(value.items())}


def _canaries(value: object) -> tuple[str, ...]:
    names = _list(value, "canaries")
    if not names or not all(isinstance(name, str) and _CANARY.fullmatch(name) for name in names):
        raise FormatError("canaries: not a list of test: identifiers")
    return tuple(str(name) for name in names)


def _catalogue(value: object) -> tuple[Case, ...]:
    cases = tuple(Case.from_json(item) for item in _list(value, "datasets"))
    if [case.id for case in cases] != sorted({case.id for case in cases}):
        raise FormatError("datasets: ids do not ascend")
    return cases
