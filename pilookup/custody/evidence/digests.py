"""The digests of input files, and of what archives among them hold. They are printed, and never stored in HOME.

The digest of a small file of numbers can be found by guessing the numbers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from pilookup.compute.callbacks import Progress
from pilookup.custody.intake.files.archive import ArchiveContext
from pilookup.custody.intake.files.detect import detect_format
from pilookup.custody.intake.files.formats import ARCHIVES, COMPRESSED, Format
from pilookup.custody.intake.files.members import open_archive
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.files.unpacked import Budget, Nesting, compressed_member
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.unreadable import EmptyFileError, NotATableError
from pilookup.errors import CustodyError, IntakeError
from pilookup.file_id import FileId


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A file, or a member of an archive.

    path: the name of the file; of a member, the path inside its containers behind it, in which long rows of digits are
    cut. container: the path of the archive that it is in; None for a file. kind: what its content is. size, sha256,
    sm3: of its unpacked content, hex; None if it cannot be read, and then `note` says why.
    """

    path: str
    container: str | None
    kind: str
    size: int | None
    sha256: str | None
    sm3: str | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The item as the list in JSON has it."""
        return {
            "path": self.path,
            "container": self.container,
            "type": self.kind,
            "bytes": self.size,
            "sha256": self.sha256,
            "sm3": self.sm3,
            "note": self.note,
        }


def file_ids(files: Sequence[Path]) -> list[FileId | None]:
    """The id of each file; None of one that cannot be read."""
    found: list[FileId | None] = []
    for path in files:
        try:
            found.append(Source(path).file_id)
        except IntakeError:
            found.append(None)
    return found


def list_evidence(
    files: Sequence[Path],
    expected: Sequence[FileId | None],
    passwords: Sequence[str] = (),
    on_progress: Progress | None = None,
    names: Sequence[str] = (),
) -> list[EvidenceItem]:
    """List files and all that the archives among them hold. Each is read in blocks, and nothing is unpacked to disk.

    What cannot be read is listed without digests, with the reason.

    Args:
        files: The files.
        expected: The ids that they have had when they were loaded.
        passwords: Tried on encrypted archives.
        on_progress: Called with (bytes read, bytes in all, items so far).
        names: The names of the files in the list; by default without folders.

    Raises:
        IntakeError: A file is not the one that was loaded, or changed while it was read.
        CustodyError: This computer has no SM3.
    """
    total = sum(each.size for each in expected if each is not None)
    done, items = 0, list[EvidenceItem]()
    shown = names or [path.name for path in files]
    for path, file_id, given in zip(files, expected, shown, strict=True):
        name = "".join(char if char.isprintable() else "?" for char in given)
        if file_id is None:
            items.append(EvidenceItem(name, None, "unknown", None, None, None, "cannot be read"))
            continue
        source = Source(path)
        if source.file_id != file_id:
            raise IntakeError(source.location, "changed after it was loaded")
        context = ArchiveContext(Budget(source.size), tuple(passwords))
        for item in _items(source.as_member(), name, None, context, Nesting()):
            items.append(item)
            if on_progress is not None:
                on_progress(done + min(source.position, source.size), total, len(items))
        source.check_unchanged()
        done += source.size
    return items


def _items(
    member: Member, path: str, container: str | None, context: ArchiveContext, nesting: Nesting
) -> Iterator[EvidenceItem]:
    """A file or member, and then what it holds."""
    try:
        form = detect_format(member)
    except NotATableError as error:
        yield _digested(member, path, container, error.kind)
        return
    except EmptyFileError:
        yield _digested(member, path, container, "an empty file")
        return
    yield _digested(member, path, container, str(form))
    if form in ARCHIVES or form in COMPRESSED:
        yield from _held(member, path, form, context, nesting)


def _held(outer: Member, path: str, form: Format, context: ArchiveContext, nesting: Nesting) -> Iterator[EvidenceItem]:
    """What an archive or a compressed file holds. If that cannot be read to its end, the last item says so."""
    try:
        inner = nesting.inside(outer.location, form)
        if form in COMPRESSED:
            member = compressed_member(outer, form, context.budget)
            yield from _member_items(member, f"{path}/{member.name}", path, context, inner)
            return
        with open_archive(outer, form, context) as members:
            for member in members:
                below = member.location.removeprefix(f"{outer.location}/")
                yield from _member_items(member, f"{path}/{below}", path, context, inner)
    except IntakeError as error:
        yield EvidenceItem(path, path, str(form), None, None, None, f"not all of it can be read: {error.message}")


def _member_items(
    member: Member, path: str, container: str, context: ArchiveContext, nesting: Nesting
) -> Iterator[EvidenceItem]:
    try:
        yield from _items(member, path, container, context, nesting)
    except IntakeError as error:
        yield EvidenceItem(path, container, "unknown", None, None, None, error.message)


def _digested(member: Member, path: str, container: str | None, kind: str) -> EvidenceItem:
    sha256, sm3, size = hashlib.sha256(), _sm3(), 0
    with member.open() as stream:
        while block := stream.read(BLOCK_BYTES):
            sha256.update(block)
            sm3.update(block)
            size += len(block)
    return EvidenceItem(path, container, kind, size, sha256.hexdigest(), sm3.finalize().hex())


def _sm3() -> hashes.Hash:
    try:
        return hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        raise CustodyError("the OpenSSL of this Python's `cryptography` has no SM3; the list needs it") from None
