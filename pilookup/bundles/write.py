"""Writes a bundle: in one file or in pieces, complete or not at all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from pilookup import durable, file_parts
from pilookup.bundles.header import DOMAINS, MAX_HEADER_BYTES, Header, Item, bundle_digest, framed
from pilookup.bundles.pieces import check_free, write_pieces
from pilookup.errors import BundleError
from pilookup.release_files.files import file_ref

Source = Path | bytes
"""The content of an item: a file, or bytes."""

Advance = Callable[[int, int, int], None]
"""Called with (bytes written, bytes in all, bytes written)."""


def item_of(section: str, name: str, source: Source) -> Item:
    """An item with the size and digest of its content; raises OSError."""
    if isinstance(source, bytes):
        return Item(section, name, len(source), sha256(source).hexdigest())
    ref = file_ref(source)
    return Item(section, name, ref.size, ref.sha256)


def write_bundle(
    out: Path,
    header: Header,
    sources: Mapping[Item, Source],
    sign: Callable[[bytes], bytes],
    *,
    piece_size: int | None = None,
    on_progress: Advance | None = None,
) -> list[Path]:
    """Write a bundle, flushed to the disk.

    Args:
        out: The file; with `piece_size`, the name that those of the pieces begin with.
        header: The header, whose items are the keys of `sources`.
        sources: Where the content of each item is.
        sign: Signs bytes with the key of the sender: the journal key, or the key of this serving machine.
        piece_size: The greatest size of a piece, in bytes; None for one file.
        on_progress: Told how far it is.

    Returns:
        The files.

    Raises:
        BundleError: There is a file of that name, the pieces are too small, there are too many items, or a file of
            HOME changed meanwhile.
        OSError: A file cannot be read or written. Nothing is left behind.
    """
    encoded = header.to_bytes()
    if len(encoded) > MAX_HEADER_BYTES:
        raise BundleError(f"{len(header.items):,} files are more than one bundle may hold")
    signature = sign(DOMAINS[header.sender] + encoded)
    size = len(framed(encoded, signature)) + header.size
    chunks = _counted(_chunks(encoded, signature, header.items, sources), size, on_progress)
    if piece_size is not None:
        return write_pieces(out, chunks, size, piece_size, bundle_digest(encoded, signature))
    check_free(out)
    try:
        durable.replace(out, chunks)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return [out]


def _chunks(header: bytes, signature: bytes, items: Sequence[Item], sources: Mapping[Item, Source]) -> Iterator[bytes]:
    yield framed(header, signature)
    for item in items:
        source, digest = sources[item], sha256()
        for block in [source] if isinstance(source, bytes) else file_parts.read_blocks(source):
            digest.update(block)
            yield block
        if digest.hexdigest() != item.sha256:
            raise BundleError(f"{item.name}: changed while the bundle was written; run it again")


def _counted(chunks: Iterator[bytes], size: int, on_progress: Advance | None) -> Iterator[bytes]:
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if on_progress is not None:
            on_progress(done, size, done)
