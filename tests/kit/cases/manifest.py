"""Wrong manifests, signed as they are (SPEC.md sections 7 and 9.4)."""

import json
from collections.abc import Callable
from typing import Any

from tests.kit.canonical_json import base64url, rfc8785
from tests.kit.case import Case, bad
from tests.kit.changes import edit, every, put, remove, rewrite
from tests.kit.repository import EPOCH, Repository

MANIFEST = ".manifest.json"
OWN = f"epochs/{EPOCH}/manifest.json"
MAX = 2**53 - 1


def in_case(**members: Any) -> Callable[[Repository], None]:
    """Set members of the first case of the catalogue."""
    return lambda repository: repository.datasets[0].update(members)


def title(zh: str) -> Callable[[Repository], None]:
    return lambda repository: repository.datasets[0]["title"].update(zh=zh)


def encoded(change: Callable[[dict[str, Any]], bytes]) -> Callable[[Repository], None]:
    """Encode the manifest in another way, and sign the bytes."""
    return lambda repository: setattr(repository, "encode_manifest", change)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.pop(name) and None


def not_ascending(repository: Repository) -> None:
    repository.datasets.reverse()


def a_case_twice(repository: Repository) -> None:
    repository.datasets.insert(0, repository.datasets[0])


def member_twice(manifest: dict[str, Any]) -> bytes:
    return rfc8785(manifest).replace(b'{"bucket_bits"', b'{"bucket_bits":0,"bucket_bits"', 1)


def float_of_format(manifest: dict[str, Any]) -> bytes:
    return rfc8785(manifest).replace(b'"format":1', b'"format":1.0', 1)


def padded_root(manifest: dict[str, Any]) -> None:
    manifest["root"] += "="


def unused_bits(manifest: dict[str, Any]) -> None:
    """Set the unused low bits of the last character of the root."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    manifest["root"] = manifest["root"][:-1] + alphabet[alphabet.index(manifest["root"][-1]) | 3]


def file_name(manifest: dict[str, Any]) -> None:
    manifest["files"]["../buckets.bin"] = manifest["files"]["buckets.bin"]


def no_tree(manifest: dict[str, Any]) -> None:
    del manifest["files"]["tree.bin"]


def in_targets(path: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Repository], None]:
    """Change the target of a path."""
    return edit("targets", lambda signed: change(signed["targets"][path]))


def unlisted(path: str) -> Callable[[Repository], None]:
    return edit("targets", lambda signed: signed["targets"].pop(path) and None)


def custom(**members: Any) -> Callable[[Repository], None]:
    return in_targets(OWN, lambda target: target["custom"].update(members))


def _bad(name: str, changed: str, repository: Callable[[Repository], None], spec: str = "7") -> Case:
    return bad(f"manifest-{name}", changed, spec, "bad_snapshot", evaluations=0, repository=repository)


CASES = [
    # The target and the bytes.
    _bad("not-listed", "the targets do not list manifest.json", unlisted("manifest.json"), "9.4"),
    _bad(
        "no-sha256",
        "the target of manifest.json has another hash than SHA-256",
        in_targets("manifest.json", lambda t: t.update(hashes={"sha512": 128 * "0"})),
        "9.4",
    ),
    _bad(
        "length",
        "the target of manifest.json has another length",
        in_targets("manifest.json", lambda t: t.update(length=t["length"] + 1)),
        "9.4",
    ),
    _bad(
        "length-over-limit",
        "the target of manifest.json has a length of more than 4 MiB",
        in_targets("manifest.json", lambda t: t.update(length=2**22 + 1)),
        "9.4",
    ),
    bad(
        "manifest-missing",
        "the manifest is answered with 404",
        "11",
        "bad_response",
        evaluations=0,
        site=remove(MANIFEST),
    ),
    bad(
        "manifest-changed",
        "the manifest is not the one that is signed",
        "9.4",
        "bad_snapshot",
        evaluations=0,
        site=rewrite(MANIFEST, lambda data: data.replace(b'"serial":7', b'"serial":8')),
    ),
    bad(
        "manifest-cut",
        "the last byte of the manifest is missing",
        "9.4",
        "bad_snapshot",
        evaluations=0,
        site=rewrite(MANIFEST, lambda data: data[:-1]),
    ),
    bad(
        "manifest-oversized",
        "the manifest has 5 MiB",
        "11",
        "bad_snapshot",
        evaluations=0,
        site=rewrite(MANIFEST, lambda data: data + b" " * (5 * 2**20)),
    ),
    # Canonical JSON.
    _bad("not-json", "the manifest is not JSON", encoded(lambda manifest: rfc8785(manifest)[:-1])),
    _bad(
        "white-space",
        "the manifest has white space",
        encoded(lambda manifest: json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()),
    ),
    _bad(
        "order",
        "the members of the manifest are in another order",
        encoded(
            lambda manifest: json.dumps(
                dict(sorted(manifest.items(), reverse=True)), ensure_ascii=False, separators=(",", ":")
            ).encode()
        ),
    ),
    _bad(
        "escapes",
        "the manifest writes letters as escapes",
        encoded(lambda manifest: json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()),
    ),
    _bad("member-twice", "a member of the manifest stands twice", encoded(member_twice)),
    _bad("float", "`format` is written 1.0", encoded(float_of_format)),
    _bad(
        "byte-order-mark",
        "the manifest begins with a byte order mark",
        encoded(lambda manifest: b"\xef\xbb\xbf" + rfc8785(manifest)),
    ),
    _bad("newline", "a line end follows the manifest", encoded(lambda manifest: rfc8785(manifest) + b"\n")),
    _bad("list", "the manifest is a list", encoded(lambda manifest: rfc8785([manifest]))),
    # Members.
    _bad("member-more", "the manifest has a member that is not in the table", put("manifest", more=1)),
    _bad("member-missing", "the manifest has no `entries`", edit("manifest", without("entries"))),
    _bad("format", "`format` is 2", put("manifest", format=2)),
    _bad("channel", "the manifest is of another channel", put("manifest", channel="public"), "9.4"),
    _bad("profile", "`profile` is unknown", put("manifest", profile="vague")),
    _bad("epoch-zero", "`epoch` is 0", put("manifest", epoch=0)),
    _bad("epoch-over-limit", "`epoch` is 2^32", put("manifest", epoch=2**32)),
    _bad(
        "epoch-other",
        "the manifest names an epoch that the targets do not list",
        put("manifest", epoch=EPOCH + 1),
        "9.4",
    ),
    _bad("serial-zero", "`serial` is 0", put("manifest", serial=0)),
    _bad("serial-over-limit", "`serial` is 2^53", put("manifest", serial=MAX + 1)),
    _bad("serial-true", "`serial` is true", put("manifest", serial=True)),
    _bad("created", "`created` is not a time", put("manifest", created="2026-02-30T00:00:00Z")),
    _bad("created-offset", "`created` has an offset", put("manifest", created="2026-02-20T00:00:00+00:00")),
    _bad("key-identity", "`public_key` is the identity", put("manifest", public_key=base64url(bytes(32)))),
    _bad(
        "key-not-an-element", "`public_key` is no element", put("manifest", public_key=base64url(b"\x02" + bytes(31)))
    ),
    _bad("key-short", "`public_key` has 31 bytes", put("manifest", public_key=base64url(bytes(31)))),
    _bad("bits", "`bucket_bits` is 17", put("manifest", bucket_bits=17)),
    _bad("slots-few", "`slots` is 63", put("manifest", slots=63)),
    _bad("slots-many", "`slots` is 2^20 + 1", put("manifest", slots=2**20 + 1)),
    _bad("entries", "`entries` is below 0", put("manifest", entries=-1)),
    _bad("root-padded", "`root` has padding", edit("manifest", padded_root)),
    _bad("root-unused-bits", "unused bits of `root` are set", edit("manifest", unused_bits)),
    _bad("files", "`files` has no tree.bin", edit("manifest", no_tree)),
    _bad("file-name", "a name in `files` is a path", edit("manifest", file_name)),
    _bad("canaries-none", "`canaries` is empty", put("manifest", canaries=[])),
    _bad("canary-a-number", "a canary is a phone number", put("manifest", canaries=["tel:+8613800138000"])),
    # The catalogue.
    _bad("ids-descending", "the ids of the cases descend", not_ascending),
    _bad("id-twice", "a case stands twice", a_case_twice),
    _bad("id-zero", "the id of a case is 0", in_case(id=0)),
    _bad("kind", "the kind of a case is unknown", in_case(kind="rumour")),
    _bad("title-control", "a title has a control character", title("甲\u0007村")),
    _bad("title-direction", "a title has a mark that turns the direction of the text (U+202E)", title("甲\u202e村")),
    _bad("title-space", "a title has a space that is not U+0020 (U+00A0)", title("甲\u00a0村")),
    _bad("title-empty", "a title is empty", title("")),
    _bad("title-long", "a title has 201 characters", title(201 * "村")),
    _bad("title-language", "a title lacks a language", in_case(title={"zh": "甲村数据"})),
    _bad("seized-on", "`seized_on` is not a date", in_case(seized_on="2025-02-29")),
    _bad("code", "a code of `advice` has a capital", in_case(advice=["Change-number"])),
    # The epoch.
    _bad("epoch-not-listed", "the targets do not list the manifest of its epoch", unlisted(OWN), "9.4"),
    _bad(
        "split",
        "manifest.json and the manifest of its epoch are different files",
        in_targets(OWN, lambda t: t["hashes"].update(sha256=64 * "a")),
        "9.4",
    ),
    _bad("no-custom", "the manifest of the epoch has no `custom`", in_targets(OWN, without("custom")), "9.4"),
    _bad("custom-epoch", "`custom.epoch` is another epoch", custom(epoch=EPOCH + 1), "9.4"),
    _bad("serves-until", "`custom.serves_until` is not a time", custom(serves_until="tomorrow"), "9.4"),
    bad(
        "epoch-ended",
        "`custom.serves_until` is over",
        "9.4",
        "stale",
        evaluations=0,
        repository=custom(serves_until="2025-01-01T00:00:00Z"),
    ),
    bad(
        "order-manifest-before-epoch",
        "`custom.serves_until` is over, and the manifest is of another channel",
        "9.4",
        "bad_snapshot",
        also=["stale"],
        evaluations=0,
        repository=every(custom(serves_until="2025-01-01T00:00:00Z"), put("manifest", channel="public")),
    ),
]
