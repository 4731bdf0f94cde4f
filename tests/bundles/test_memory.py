"""Memory that files of other machines and media take before a signature was verified (the table of docs/adr/0032).

Each file is as large as it may be, or larger, and of the shape that takes the most. Nothing here measures a time.
"""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import Root

from pilookup.bundles import pieces
from pilookup.bundles.acknowledgement import MAX_CHANNELS, SECTION, read_acknowledgement
from pilookup.bundles.header import (
    DOMAINS,
    MAX_HEADER_BYTES,
    Header,
    Item,
    Section,
    Sender,
    framed,
)
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.journal import MAX_JOURNAL_BYTES, Journal
from pilookup.bundles.machine import machine_id, read_machine_trust
from pilookup.bundles.read import opened_bundle
from pilookup.bundles.records import read_trust
from pilookup.cli.signing_files import read_input
from pilookup.custody.backup.sealed_stream import MAGIC as BACKUP_MAGIC
from pilookup.custody.backup.sealed_stream import SealedReader
from pilookup.errors import BundleError, FormatError, PilookupError
from pilookup.keyring.private_file import read_private
from pilookup.protocol.json_bounds import check_json_bounds
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.release import MAX_METADATA_BYTES, parse_metadata
from pilookup.signing.request import MAX_REQUEST_BYTES, read_request
from pilookup.signing.sealed_key import read_sealed_key
from pilookup.signing.signature_file import MAX_SIGNATURES_BYTES, SignatureFile

MIB = 1 << 20
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SHAPES = ("[", "[],", "{},", '{"a":', '{"":0},', '"ab",', "1e9,", '"\U0001f600",')
"""Text that a parser makes the most of, repeated up to the bound."""


def refused(error, call):
    """Call what must be refused, and return the greatest number of bytes that it held at once."""
    tracemalloc.start()
    try:
        with pytest.raises(error):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def filled(shape, size):
    """A text of at most `size` bytes in which one shape is repeated, in a list."""
    return ("[" + shape * ((size - 1) // len(shape.encode()))).encode()


def sparse(path, size, start=b""):
    path.write_bytes(start)
    with path.open("r+b") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("shape", SHAPES)
def test_a_signing_request_of_the_greatest_size(shape):
    data = filled(shape, MAX_REQUEST_BYTES)
    larger = data + b"]" * 99
    assert refused(FormatError, lambda: read_request(data)) < 2 * MIB
    assert refused(FormatError, lambda: read_request(larger)) < 2 * MIB


@pytest.mark.parametrize("field", ["trusted_root", "sign", "manifests", "digests"])
def test_a_signing_request_with_one_huge_text(field):
    """Every text of a request is a JSON text of its own. A character of four bytes makes Python take four for each."""
    huge = "[" + "[]," * (MAX_REQUEST_BYTES // 4) + "\U0001f600"
    body = {name: [] for name in ("sign", "manifests", "served", "digests", "summary")}
    body |= {"format": "pilookup-signing-request", "version": 1, "channel": "public", "trusted_root": ""}
    body[field] = {"targets": huge, "snapshot": ""} if field == "sign" else [huge] if field == "manifests" else huge
    data = json.dumps(body, ensure_ascii=False).encode()
    assert len(data) <= MAX_REQUEST_BYTES
    assert refused(FormatError, lambda: read_request(data)) < 320 * MIB


@pytest.mark.parametrize("shape", ["[],", '{"":0},', "[" * 999])
@pytest.mark.parametrize(
    ("parse", "most"),
    [(lambda data: parse_metadata(data, Root), MAX_METADATA_BYTES), (Manifest.from_bytes, MAX_MANIFEST_BYTES)],
    ids=["metadata", "manifest"],
)
def test_metadata_and_manifests_of_many_values(shape, parse, most):
    """An eighth of the greatest size, since the measurement takes long: memory is in proportion to it."""
    data = filled(shape, most // 8)
    assert refused(FormatError, lambda: parse(data)) < 2 * len(data)
    assert refused(FormatError, lambda: parse(b" " * (most + 1))) < 2 * most


@pytest.mark.parametrize("shape", SHAPES)
def test_a_signature_file_of_the_greatest_size(shape):
    data = filled(shape, MAX_SIGNATURES_BYTES)
    assert refused(FormatError, lambda: SignatureFile.from_bytes(data)) < 4 * MIB


@pytest.mark.parametrize("sender", Sender)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_unsigned_header_is_not_parsed(tmp_path, sender, shape):
    header = filled(shape, MAX_HEADER_BYTES)
    (tmp_path / "bundle").write_bytes(framed(header, bytes(64)))

    def read():
        with opened_bundle([tmp_path / "bundle"], sender, [KEY.public_key()]):
            pytest.fail("an unsigned header was read")

    assert refused(BundleError, read) < 5 * MAX_HEADER_BYTES


def test_a_header_that_says_it_is_larger_is_not_read(tmp_path):
    start = framed(b"", b"")[:8] + (MAX_HEADER_BYTES + 1).to_bytes(4, "big")
    path = sparse(tmp_path / "bundle", 1 << 30, start)
    assert refused(BundleError, lambda: opened_bundle([path], Sender.CUSTODY, [KEY.public_key()]).__enter__()) < MIB


@pytest.mark.parametrize(("count", "size"), [(20_000, 1), (128, 4 * MIB), (MAX_CHANNELS + 1, 4 * MIB)])
def test_a_serving_machine_that_was_taken_fills_no_memory(tmp_path, count, size):
    """Its key signs what it likes."""
    items = tuple(Item(SECTION, f"c{at}/timestamp.json", size, "0" * 64) for at in range(count))
    header = Header(
        Sender.ONLINE, 1, datetime(2026, 1, 1, tzinfo=UTC), machine_id(KEY.public_key()),
        (Section(SECTION, critical=True),), items, (), 0,
    ).to_bytes()  # fmt: skip
    start = framed(header, KEY.sign(DOMAINS[Sender.ONLINE] + header))
    path = sparse(tmp_path / "acknowledgement", len(start) + count * size, start)
    assert refused(BundleError, lambda: read_acknowledgement([path], [KEY.public_key()])) < 40 * len(header) + 5 * MIB


@pytest.mark.parametrize("shape", [b"\n", b"[],", b'{"version":1,"position":1}\n'])
def test_a_journal_of_the_greatest_size(shape):
    data = (shape * (MAX_JOURNAL_BYTES // len(shape)))[: MAX_JOURNAL_BYTES - 1] + b"\n"
    assert refused(FormatError, lambda: Journal.from_bytes(data, KEY.public_key())) < MIB


def test_a_backup_that_nobody_sealed(tmp_path):
    path = sparse(tmp_path / "backup", 1 << 30, BACKUP_MAGIC + b"\x08")
    with path.open("rb") as file:
        assert refused(BundleError, lambda: SealedReader(file, b"passphrase")) < 4 * MIB


@pytest.mark.parametrize(
    "read",
    [
        read_private,
        read_sealed_key,
        read_trust,
        lambda path: read_machine_trust([path]),
        lambda path: Trusted.read([path]),
        lambda path: read_input(path, MAX_SIGNATURES_BYTES),
    ],
    ids=["key file", "sealed key file", "journal trust file", "machine trust file", "trust file", "signature file"],
)
def test_small_files_that_are_huge(tmp_path, read):
    path = sparse(tmp_path / "file", 1 << 30)
    path.chmod(0o600)
    assert refused((PilookupError, OSError), lambda: read(path)) < MIB


def test_a_medium_of_more_pieces_than_a_bundle_has(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "MAX_PIECES", 20)
    for number in range(30):
        (tmp_path / f"bundle.{number:03}").write_bytes(b"")
    for path in (tmp_path, tmp_path / "bundle"):
        with pytest.raises(BundleError, match="more than 20 files are named as pieces"):
            pieces.open_stream([path])
    folder = tmp_path / "trust"
    folder.mkdir()
    for number in range(65):
        (folder / f"trust-{number}.json").write_bytes(b"{}")
    with pytest.raises(BundleError, match="65 trust files"):
        Trusted.read([folder])


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(_json, st.booleans(), st.integers(0, 6), st.integers(0, 40))
def test_the_bounds_of_a_text_are_those_of_its_values(value, ascii_only, depth, values):
    """What passes has no more than was allowed, whatever brackets and commas are in its strings."""

    def deep(each):
        if isinstance(each, list | dict):
            inner = each.values() if isinstance(each, dict) else each
            return 1 + max(map(deep, inner), default=0)
        return 0

    def count(each):
        if isinstance(each, list | dict):
            inner = list(each.values() if isinstance(each, dict) else each)
            return 1 + max(0, len(inner) - 1) + sum(map(count, inner))
        return 0

    data = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    fits = deep(value) <= depth and count(value) <= values
    try:
        check_json_bounds(data, "it", depth=depth, values=values)
    except FormatError:
        assert not fits
    else:
        assert fits
