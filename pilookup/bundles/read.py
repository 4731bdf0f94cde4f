"""Reads a bundle: its header first, then each item, whose digest is verified."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.bundles.header import (
    MAGIC,
    MAX_HEADER_BYTES,
    SIGNATURE_BYTES,
    UNSIGNED,
    Header,
    Item,
    Sender,
    bundle_digest,
    framed,
    verify_header,
)
from pilookup.bundles.pieces import BundleStream, open_stream
from pilookup.errors import BundleError, FormatError

BLOCK_BYTES: Final = 1 << 22


class Bundle:
    """An open bundle, of which the header was parsed and nothing else is verified yet.

    Attributes:
        header: The header.
        encoded: Its bytes.
        signature: The signature over them.
        digest: The digest that identifies the bundle.
    """

    def __init__(self, stream: BundleStream) -> None:
        start = stream.read(len(MAGIC) + 4)
        size = int.from_bytes(start[len(MAGIC) :], "big")
        if start[: len(MAGIC)] != MAGIC or size > MAX_HEADER_BYTES:
            raise FormatError("not a bundle of this version")
        self._stream = stream
        self.encoded = stream.read(size)
        self.signature = stream.read(SIGNATURE_BYTES)
        self.header = Header.from_bytes(self.encoded)
        self.digest = bundle_digest(self.encoded, self.signature)
        if stream.bundle not in (None, self.digest):
            raise BundleError("its pieces are of another bundle than its header")
        if len(framed(self.encoded, self.signature)) + self.header.size != stream.size:
            raise BundleError("the bundle is longer or shorter than its header says")

    def verify(self, sender: Sender, key: Ed25519PublicKey) -> None:
        """Check who made the header.

        Args:
            sender: The half that it must come from.
            key: The public journal key of the custody half.

        Raises:
            BundleError: It comes from the other half, or is not signed by this custody half. An acknowledgement bears
                no signature: what it states is verified by what it holds.
        """
        if self.header.sender is not sender:
            raise BundleError(f"it comes from the {self.header.sender} half; import it on the other machine")
        if sender is Sender.CUSTODY:
            verify_header(self.encoded, self.signature, key)
        elif self.signature != UNSIGNED:
            raise BundleError("an acknowledgement bears no signature")

    def items(self) -> Iterator[tuple[Item, Iterator[bytes]]]:
        """Yield each item with its content, which must be read before the next one.

        Raises:
            BundleError: The content is not what the header says; the text names the file to copy again.
            OSError: A file cannot be read.
        """
        for item in self.header.items:
            yield item, self._content(item)

    def _content(self, item: Item) -> Iterator[bytes]:
        digest, left = sha256(), item.size
        first = self._stream.location
        while left:
            block = self._stream.read(min(left, BLOCK_BYTES))
            digest.update(block)
            left -= len(block)
            if not left and digest.hexdigest() != item.sha256:
                last = self._stream.location
                where = str(first) if first == last else f"{first} to {last}"
                raise BundleError(f"{where}: damaged; copy it again ({item.name} has another digest)")
            yield block
        if item.size == 0 and digest.hexdigest() != item.sha256:
            raise BundleError(f"{item.name}: another digest than that of nothing")


@contextmanager
def opened_bundle(paths: Sequence[Path]) -> Iterator[Bundle]:
    """Open a bundle in one file or in pieces; `open_stream` says which paths may be given.

    Raises:
        BundleError: It is not a bundle of this version, damaged or not whole. The text names a file.
        OSError: A file cannot be read.
    """
    stream = open_stream(paths)
    try:
        try:
            bundle = Bundle(stream)
        except FormatError as error:
            raise BundleError(f"{stream.location}: {error}") from None
        yield bundle
    finally:
        stream.close()


def read_small(chunks: Iterator[bytes], item: Item, most: int) -> bytes:
    """The whole content of a small item; raises BundleError if it is larger than `most` bytes."""
    if item.size > most:
        raise BundleError(f"{item.name}: too large")
    return b"".join(chunks)


def skip(chunks: Iterator[bytes], on_block: Callable[[bytes], None] | None = None) -> None:
    """Read an item to its end, which verifies its digest."""
    for block in chunks:
        if on_block is not None:
            on_block(block)
