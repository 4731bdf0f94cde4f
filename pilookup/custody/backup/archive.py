"""The files of a backup: a tar archive in the sealed stream, written and read without ever being in clear on a disk."""

import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from pilookup import durable, file_parts
from pilookup.custody.backup.sealed_stream import SealedReader, sealed
from pilookup.errors import BundleError
from pilookup.plain_file import plain_file

_NAME: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}/){0,5}[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_BLOCK: Final = tarfile.BLOCKSIZE


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a backup: its name, and its content in bytes or in a file."""

    name: str
    source: Path | bytes


def write_archive(out: Path, entries: Iterable[Entry], passphrase: bytes) -> int:
    """Write a sealed archive, read it back, and give it its name.

    Args:
        out: The file.
        entries: What it holds. Nothing else may change the files meanwhile.
        passphrase: What it is sealed under.

    Returns:
        Its size in bytes.

    Raises:
        BundleError: There is a file of that name, or what was read back is not what was written.
        OSError: A file cannot be read or written. Nothing is left behind.
    """
    if out.is_symlink() or out.exists():
        raise BundleError(f"{out}: exists; choose another name, or delete it")
    new, digests = durable.temporary(out), dict[str, str]()
    new.unlink(missing_ok=True)
    durable.write_flushed(new, sealed(_tar_chunks(entries, digests), passphrase))
    try:
        _check_same(archive_digests(new, passphrase), digests, out)
        size = new.stat().st_size
        new.rename(out)
        durable.sync_directory(out.absolute().parent)
    except BaseException:
        for path in (new, out):
            path.unlink(missing_ok=True)
        raise
    return size


def archive_digests(path: Path, passphrase: bytes) -> dict[str, str]:
    """Read a whole archive; returns the SHA-256 of each file by name. Raises BundleError, OSError."""
    digests = {}
    with opened_archive(path, passphrase) as files:
        for name, content in files:
            digest = sha256()
            while block := content.read(file_parts.BLOCK_BYTES):
                digest.update(block)
            digests[name] = digest.hexdigest()
    return digests


@contextmanager
def opened_archive(path: Path, passphrase: bytes) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Open a sealed archive.

    Yields:
        The files in their order: the name, and the content to read before the next one.

    Raises:
        BundleError: The passphrase is wrong, or the archive is damaged or cut short.
        OSError: The file cannot be read.
    """
    with plain_file(path) as file:
        try:
            reader = SealedReader(file, passphrase)
            with tarfile.open(fileobj=cast("BinaryIO", reader), mode="r|") as archive:
                yield _files(archive)
            _check_ended(reader)
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from None
        except tarfile.TarError as error:
            raise BundleError(f"{path}: not an archive of this program: {error}") from None


def extract(content: IO[bytes], to: Path) -> None:
    """Write a file of an archive below an existing or new directory, flushed; raises OSError."""
    for folder in reversed([each for each in to.parents if not each.exists()]):
        folder.mkdir(mode=durable.DIRECTORY_MODE)
    durable.write_flushed(to, iter(lambda: content.read(file_parts.BLOCK_BYTES), b""))


def _check_same(found: dict[str, str], written: dict[str, str], out: Path) -> None:
    if found != written:
        raise BundleError(f"{out}: what was read back is not what was written; is the medium damaged?")


def _check_ended(reader: SealedReader) -> None:
    """Read to the end of the stream, which authenticates all of it."""
    while block := reader.read(file_parts.BLOCK_BYTES):
        if block.strip(b"\0"):
            raise BundleError("the backup has more after its end")


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    seen = set()
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or not _NAME.fullmatch(member.name) or member.name in seen:
            raise BundleError("it holds something else than files with plain, distinct names")
        seen.add(member.name)
        yield member.name, content


def _tar_chunks(entries: Iterable[Entry], digests: dict[str, str]) -> Iterator[bytes]:
    """The bytes of the tar archive; the digest of each file is added to `digests`."""
    for entry in entries:
        size = len(entry.source) if isinstance(entry.source, bytes) else entry.source.stat().st_size
        info = tarfile.TarInfo(entry.name)
        info.size, info.mode = size, durable.FILE_MODE
        yield info.tobuf(tarfile.PAX_FORMAT)
        digest, done = sha256(), 0
        for block in [entry.source] if isinstance(entry.source, bytes) else file_parts.read_blocks(entry.source):
            digest.update(block)
            done += len(block)
            yield block
        if done != size:
            raise BundleError(f"{entry.name}: changed while it was backed up; run it again")
        digests[entry.name] = digest.hexdigest()
        yield bytes(-size % _BLOCK)
    yield bytes(2 * _BLOCK)
