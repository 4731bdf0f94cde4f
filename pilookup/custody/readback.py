"""A staged snapshot read back from disk and verified as a client would, before anything is signed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pilookup import _core
from pilookup.custody.filter_file import FilterFile
from pilookup.custody.repository import file_ref
from pilookup.errors import FormatError, PublishError
from pilookup.protocol import merkle, oprf, token
from pilookup.protocol.filter import KEY_BYTES, Role
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.snapshot import Geometry, check_body

READ_BYTES: Final = 1 << 24
"""Buckets are read in pieces of about so many bytes."""


def verify_files(manifest: Manifest, paths: Mapping[str, Path]) -> None:
    """Check every byte of a snapshot that can be checked without keys.

    File digests and sizes, the tree over the buckets, the order of slots, the number of entries, parts of filters.
    Raises FormatError naming the file.
    """
    for name, ref in manifest.files.items():
        if file_ref(paths[name]) != ref:
            raise FormatError(f"{name}: not the file the manifest names")
    leaves, entries = _read_buckets(paths["buckets.bin"], manifest.geometry)
    if len(leaves) != manifest.geometry.buckets or entries != manifest.entries:
        raise FormatError("buckets.bin: not the buckets the manifest counts")
    if merkle.build(leaves) != paths["tree.bin"].read_bytes():
        raise FormatError("tree.bin: not the tree over the buckets")
    for name in manifest.files:
        if name not in ("buckets.bin", "tree.bin"):
            _verify_filter(manifest, name, paths[name])


def _read_buckets(path: Path, geometry: Geometry) -> tuple[list[bytes], int]:
    """The leaf hashes of all buckets, and how many entries they hold; raises FormatError where one is not in order."""
    leaves, entries = [], 0
    at_once = max(1, READ_BYTES // geometry.stride) * geometry.stride
    with path.open("rb") as file:
        while buckets := file.read(at_once):
            try:
                filled, hashes = _core.check_buckets(buckets, geometry.slots)
            except ValueError as error:
                raise FormatError(f"buckets.bin: {error}") from None
            entries += filled
            leaves += [hashes[at : at + merkle.HASH_BYTES] for at in range(0, len(hashes), merkle.HASH_BYTES)]
    return leaves, entries


def verify_canaries(manifest: Manifest, files: Mapping[str, Path], key: _core.SecretKey) -> None:
    """Look every canary up as a client would; raises PublishError when one is not found."""
    names = [name.encode() for name in manifest.canaries]
    blinds, blinded = oprf.blind(names)
    evaluated = oprf.evaluate(blinded, key)
    proof = oprf.prove(blinded, evaluated, key)
    if not oprf.verify(manifest.public_key, blinded, evaluated, proof):
        raise PublishError("the channel key does not fit the manifest's public key")
    tokens = token.tokens(oprf.unblind(blinds, evaluated), manifest.channel, manifest.epoch)
    tree = files["tree.bin"].read_bytes()
    _verify_filters_hold(manifest, files, tokens)
    for secret in tokens:
        index = token.bucket_index(secret, manifest.geometry.bits)
        with files["buckets.bin"].open("rb") as file:
            file.seek(index * manifest.geometry.stride)
            body = file.read(manifest.geometry.stride) + merkle.path(tree, index, manifest.geometry.bits)
        slots = check_body(body, index, manifest.geometry, manifest.root)
        if token.find(secret, slots, manifest.channel, manifest.epoch) != Label(canary=True):
            raise PublishError("a canary is not found in the staged snapshot")


def _verify_filters_hold(manifest: Manifest, files: Mapping[str, Path], tokens: Sequence[bytes]) -> None:
    """Every base filter contains the filter keys of all tokens, else PublishError names it."""
    keys = sorted(token.filter_key(secret).to_bytes(KEY_BYTES, "big") for secret in tokens)
    for name in manifest.files:
        if ".base." in name and FilterFile(files[name]).lacked(b"".join(keys)):
            raise PublishError(f"{name}: a canary is not in it")


def _verify_filter(manifest: Manifest, name: str, path: Path) -> None:
    found = FilterFile(path)
    found.check()
    bound = (found.head.file_name, found.head.channel, found.head.epoch)
    older = found.head.serial < manifest.serial and found.head.role is Role.BASE
    if bound != (name, manifest.channel, manifest.epoch) or not (older or found.head.serial == manifest.serial):
        raise FormatError(f"{name}: a filter of another snapshot")
