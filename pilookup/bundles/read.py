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
    Header,
    Item,
    Sender,
    bundle_digest,
    claims_sender,
    framed,
    signer_of,
)
from pilookup.bundles.pieces import BundleStream, open_stream
from pilookup.errors import BundleError, FormatError

BLOCK_BYTES: Final = 1 << 22


class Bundle:
    """An open bundle whose header was signed by a trusted key. Its items are not verified before they are read.

    Attributes:
        header: The header.
        key: The key that signed it.
        encoded: Its bytes.
        signature: The signature over them.
        digest: The digest that identifies the bundle.
    """

    def __init__(self, stream: BundleStream, sender: Sender, keys: Sequence[Ed25519PublicKey]) -> None:
        start = stream.read(len(MAGIC) + 4)
        size = int.from_bytes(start[len(MAGIC) :], "big")
        if start[: len(MAGIC)] != MAGIC or size > MAX_HEADER_BYTES:
            raise FormatError("not a bundle of this version")
        self._stream = stream
        self.encoded = stream.read(size)
        self.signature = stream.read(SIGNATURE_BYTES)
        self.key = _verified(self.encoded, self.signature, sender, keys)
        self.header = Header.from_bytes(self.encoded)
        if self.header.sender is not sender:
            raise FormatError("its signature is not of the half that it says it comes from")
        self.digest = bundle_digest(self.encoded, self.signature)
        if stream.bundle not in (None, self.digest):
            raise BundleError("its pieces are of another bundle than its header")
        if len(framed(self.encoded, self.signature)) + self.header.size != stream.size:
            raise BundleError("the bundle is longer or shorter than its header says")

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
def opened_bundle(paths: Sequence[Path], sender: Sender, keys: Sequence[Ed25519PublicKey]) -> Iterator[Bundle]:
    """Open a bundle in one file or in pieces, and verify its header before it is parsed.

    Args:
        paths: As `open_stream` says.
        sender: The half that it must come from.
        keys: The keys of that half that are trusted: the journal key of custody, or those of serving machines.

    Raises:
        BundleError: It is not a bundle of this version, not signed by one of the keys, damaged or not whole. The text
            names a file.
        OSError: A file cannot be read.
    """
    stream = open_stream(paths)
    try:
        try:
            bundle = Bundle(stream, sender, keys)
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


def _verified(header: bytes, signature: bytes, sender: Sender, keys: Sequence[Ed25519PublicKey]) -> Ed25519PublicKey:
    """The key that signed a header; raises BundleError if it is none of those given."""
    key = signer_of(header, signature, sender, keys)
    if key is not None:
        return key
    other = Sender.CUSTODY if sender is Sender.ONLINE else Sender.ONLINE
    if claims_sender(header, other):
        raise BundleError(f"it comes from the {other} half; import it on the other machine")
    if sender is Sender.CUSTODY:
        raise BundleError("it is not signed by this HOME's custody half")
    raise BundleError(
        "it is not signed by a serving machine that is known here, and nothing of it was read: copy HOME/trust-machine"
        ".json of that machine by another way than the acknowledgement, and give it with --trust"
    )
