"""Check a staged snapshot as a client would, from its files on the disk, before anything is signed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pilookup import _core
from pilookup.custody.publish.ascending_keys import lacked_keys
from pilookup.errors import PublishError
from pilookup.plain_file import plain_file, read_whole
from pilookup.protocol import merkle, oprf, token
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE, check_body
from pilookup.protocol.filter import KEY_BYTES
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import Manifest
from pilookup.release_files.filter_file import FilterFile


def verify_canaries(manifest: Manifest, files: Mapping[str, Path], key: _core.SecretKey) -> None:
    """Look up every canary as a client would.

    Args:
        manifest: The manifest of the snapshot.
        files: The paths of its files, by name.
        key: The channel key of its epoch.

    Raises:
        PublishError: A canary is not found in its bucket or in a base filter, or the manifest names another public key.
        FormatError: A bucket or filter is damaged.
        OSError: A file cannot be read.
    """
    names = [name.encode() for name in manifest.canaries]
    blinds, blinded = oprf.blind(names)
    evaluated = oprf.evaluate(blinded, key)
    proof = oprf.prove(blinded, evaluated, key)
    if not oprf.verify(manifest.public_key, blinded, evaluated, proof):
        raise PublishError("the channel key is not that of the manifest's public key")
    tokens = token.tokens(oprf.unblind(blinds, evaluated), manifest.channel, manifest.epoch)
    tree = read_whole(files[TREE_FILE])
    _verify_filters_hold(manifest, files, tokens)
    for secret in tokens:
        index = token.bucket_index(secret, manifest.geometry.bits)
        with plain_file(files[BUCKETS_FILE]) as file:
            file.seek(index * manifest.geometry.stride)
            body = file.read(manifest.geometry.stride) + merkle.path(tree, index, manifest.geometry.bits)
        slots = check_body(body, index, manifest.geometry, manifest.root)
        if token.find(secret, slots, manifest.channel, manifest.epoch) != Label(canary=True):
            raise PublishError("a canary is not found in the staged snapshot")


def _verify_filters_hold(manifest: Manifest, files: Mapping[str, Path], tokens: Sequence[bytes]) -> None:
    """Raise PublishError, naming the filter, if a base filter lacks the filter key of a token."""
    keys = sorted(token.filter_key(secret).to_bytes(KEY_BYTES, "big") for secret in tokens)
    for name in manifest.files:
        if ".base." in name and lacked_keys(FilterFile(files[name]), b"".join(keys)):
            raise PublishError(f"{name}: a canary is not in it")
