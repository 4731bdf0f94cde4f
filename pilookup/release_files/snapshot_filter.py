"""Answers from filters by the reader's rules of SPEC.md section 10.5: absent, or look into the bucket."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pilookup.errors import FormatError
from pilookup.plain_file import plain_file
from pilookup.protocol import token
from pilookup.protocol.filter import KEY_BYTES, Algorithm, Body, FilterHead, Role, file_name, parse_body
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import FileRef, Manifest

_PREFERRED: Final = (Algorithm.FUSE16, Algorithm.FUSE32, Algorithm.FUSE8, Algorithm.BLOOM)


class Filter:
    """The filters of one snapshot, which can settle that a number is in none of its data without reading a bucket.

    A number is settled as absent only if it is for every kind: the manifest lists a base of the kind; base and
    additions are the listed files and name the manifest's channel and epoch and their own kind; the additions, or a
    base without additions, have the manifest's serial; a canary of the manifest is in the base; and neither holds the
    number. In every other case `absent` says False, and the bucket decides. A Filter never says that a number is found.

    The files are read once, into memory. Threads may share a Filter.

        settled = Filter(manifest, {"exposure.base.fuse16": path, ...}, {manifest.canaries[0]: canary_token})
        ask_buckets = [one for one, absent in zip(tokens, settled.absent(tokens)) if not absent]

    Attributes:
        doubts: For each kind that cannot be settled, why, in English for a log. While there is any, `absent` is always
            False.
    """

    def __init__(self, manifest: Manifest, files: Mapping[str, Path], canaries: Mapping[str, bytes]) -> None:
        """Read the filters of a snapshot.

        Args:
            manifest: The snapshot's manifest, from signed metadata, such as `Client.manifest`.
            files: The paths of filter files by the names that the manifest lists, such as `exposure.base.fuse16`.
            canaries: The tokens (64 bytes each) of one or more of the manifest's canaries by their names, from an
                evaluation whose proof was verified under the manifest's public key.

        Raises:
            ValueError: A name is not one of the manifest's canaries, or a token has not 64 bytes.
            MissingExtraError: A kind has a Bloom filter only, and pybloom-live is not installed.
            OSError: A file that is given cannot be read.
        """
        self._manifest = manifest
        self._files = files
        self._canaries = _filter_keys(manifest, canaries)
        self._bodies: list[Body] = []
        doubts: dict[Kind, str] = {}
        for kind in Kind:
            try:
                self._bodies += self._read_kind(kind)
            except FormatError as error:
                doubts[kind] = str(error)
        self.doubts: Mapping[Kind, str] = MappingProxyType(doubts)

    def absent(self, tokens: Sequence[bytes]) -> list[bool]:
        """Whether each token's number is in none of the snapshot's data. False means that its bucket must be read.

        Args:
            tokens: Tokens of 64 bytes of the manifest's channel and epoch.

        Raises:
            ValueError: A token has not 64 bytes.
        """
        keys = _packed(tokens)
        if self.doubts:
            return [False] * len(tokens)
        held = [body.contains_many(keys) for body in self._bodies]
        return [not any(_bit(bitmap, i) for bitmap in held) for i in range(len(tokens))]

    def _read_kind(self, kind: Kind) -> list[Body]:
        """Read the base of a kind and its additions, if it has any; raises FormatError for any doubt."""
        listed = self._manifest.files
        algorithm = next((one for one in _PREFERRED if file_name(kind, Role.BASE, one) in listed), None)
        if algorithm is None:
            raise FormatError(f"{kind}: the manifest lists no base filter")
        others = {file_name(kind, Role.ADDITIONS, one) for one in Algorithm if one is not algorithm}
        if others & set(listed):
            raise FormatError(f"{kind}: the manifest lists additions to another base")
        serial, base = self._read(kind, Role.BASE, algorithm)
        if not all(_bit(base.contains_many(self._canaries), i) for i in range(len(self._canaries) // KEY_BYTES)):
            raise FormatError(f"{kind}: a canary is not in the base filter")
        if not self._canaries:
            raise FormatError(f"{kind}: no canary was given")
        bodies = [base]
        if file_name(kind, Role.ADDITIONS, algorithm) in listed:
            serial, additions = self._read(kind, Role.ADDITIONS, algorithm)
            bodies.append(additions)
        if serial != self._manifest.serial:
            raise FormatError(f"{kind}: the filter is older than the manifest")
        return bodies

    def _read(self, kind: Kind, role: Role, algorithm: Algorithm) -> tuple[int, Body]:
        """Read a filter file and check it against the manifest; returns its serial and body, raises FormatError."""
        name = file_name(kind, role, algorithm)
        data = self._content(name, self._manifest.files[name])
        head, at = FilterHead.split_from(data)
        bound = (self._manifest.channel, self._manifest.epoch, kind, role, algorithm)
        if (head.channel, head.epoch, head.kind, head.role, head.algorithm) != bound:
            raise FormatError(f"{name}: a filter of another channel, epoch or kind")
        if head.serial > self._manifest.serial:
            raise FormatError(f"{name}: newer than the manifest")
        body = parse_body(algorithm, data[at:])
        if len(body) != head.count:
            raise FormatError(f"{name}: the count is not the body's")
        return head.serial, body

    def _content(self, name: str, ref: FileRef) -> bytes:
        if name not in self._files:
            raise FormatError(f"{name}: the file is not given")
        with plain_file(self._files[name]) as file:
            data = file.read(ref.size + 1)
        if FileRef(sha256(data).hexdigest(), len(data)) != ref:
            raise FormatError(f"{name}: not the file that the manifest lists")
        return data


def _filter_keys(manifest: Manifest, canaries: Mapping[str, bytes]) -> bytes:
    if not canaries.keys() <= set(manifest.canaries):
        raise ValueError("canaries: a name that the manifest does not list")
    return _packed(canaries.values())


def _packed(tokens: Iterable[bytes]) -> bytes:
    """The filter keys of tokens, n x 8 bytes."""
    some = list(tokens)
    if any(len(one) != token.TOKEN_BYTES for one in some):
        raise ValueError(f"a token has not {token.TOKEN_BYTES} bytes")
    return b"".join(token.filter_key(one).to_bytes(KEY_BYTES, "big") for one in some)


def _bit(bitmap: bytes, i: int) -> int:
    return bitmap[i >> 3] >> (i & 7) & 1
