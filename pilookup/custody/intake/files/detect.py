"""Detects the format of a file. Its content decides; a name that promises another format gives a note."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.formats import (
    Format,
    extension,
    format_by_content,
    format_by_name,
    has_html_table,
    is_binary,
    remedy,
)
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.files.unpacked import DAMAGE
from pilookup.custody.intake.files.zip_directory import JoinedArchivesError, open_directory
from pilookup.custody.intake.unreadable import EmptyFileError, NotATableError
from pilookup.errors import IntakeError

_WORKBOOK: Final = re.compile(r"(?:.*/)?workbook\d*\.xml", re.IGNORECASE)
_CONTENT_TYPES: Final = "[content_types].xml"
_PACKAGES: Final[tuple[tuple[re.Pattern[str], Format | str], ...]] = (
    (re.compile(r"xl/workbook\d*\.bin", re.IGNORECASE), Format.XLSB),
    (re.compile(r"word/.*", re.IGNORECASE), "a Word document"),
    (re.compile(r"ppt/.*", re.IGNORECASE), "a presentation"),
    (re.compile(r"AndroidManifest\.xml"), "a program (Android)"),
    (re.compile(r"META-INF/MANIFEST\.MF"), "a program (Java)"),
    (re.compile(r"Index/.*\.iwa|Index\.zip"), "an iWork document"),
)
_OPEN_DOCUMENTS: Final[tuple[tuple[bytes, Format | str], ...]] = (
    (b"opendocument.spreadsheet", Format.ODS),
    (b"opendocument", "an OpenDocument document"),
    (b"epub", "an e-book (document)"),
)
_OLE_KINDS: Final = (
    ("EncryptedPackage", Format.XLS),
    ("Workbook", Format.XLS),
    ("Book", Format.XLS),
    ("WordDocument", "a Word document"),
    ("PowerPoint Document", "a presentation"),
    ("__properties_version1.0", "an e-mail message (Outlook)"),
)
_OLE_OVERLAP: Final = 128
_UNKNOWN: Final = "binary data of an unknown kind, perhaps encrypted"


def detect_format(member: Member, notes: list[str] | None = None) -> Format:
    """Detect the format of a file.

    Args:
        member: The file. Its name is used only where the content allows several formats.
        notes: Receives a sentence if the name promises another format.

    Raises:
        EmptyFileError: The file is empty.
        IntakeError: The file cannot be read.
        NotATableError: The file is of a kind that intake does not read.
    """
    head = member.head()
    if not head:
        raise EmptyFileError(member.location, "the file is empty")
    found = _look_inside(member, format_by_content(head))
    promised = format_by_name(member.name)
    if found is Format.TEXT:
        found = _text_format(head, promised)
    if not isinstance(found, Format):
        raise NotATableError(member.location, f"is {found}, which cannot be loaded: {remedy(found)}", found)
    if notes is not None and promised not in (None, found) and not _usual(promised, found, member.name):
        notes.append(f"{member.location}: is named as {promised}, but is {found}; read as what it is")
    return found


def _usual(promised: Format | None, found: Format, name: str) -> bool:
    """Whether a name is usual for a format although its extension stands for another one, as "a.tar.gz" is."""
    if promised in _IN_PACKAGES:
        # An encrypted package looks like XLS, which the reader of workbooks sees.
        return found is Format.XLS or found in _IN_PACKAGES
    if promised is Format.XML and found is Format.SPREADSHEETML:
        return True
    return extension(name) == "txt" and found in _TEXTS


_IN_PACKAGES: Final = frozenset({Format.XLSX, Format.XLSB, Format.ODS})
_TEXTS: Final = frozenset({Format.VCARD, Format.JSON, Format.SQL, Format.XML})


def _text_format(head: bytes, promised: Format | None) -> Format | str:
    if is_binary(head):
        return _UNKNOWN
    if promised is Format.JSON and head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] in (b"[", b"{", b'"'):
        return Format.JSON
    if promised in _WITHOUT_TEXT and has_html_table(head):
        return Format.HTML  # words or messages of a program stand above the page
    return Format.TEXT


_WITHOUT_TEXT: Final = frozenset({Format.XLSX, Format.XLS, Format.HTML})
"""Formats whose extension no program gives to a text that has HTML in its cells."""


def _look_inside(member: Member, found: Format | str) -> Format | str:
    """Decide between the formats that share one container."""
    if found is Format.ZIP:
        return _zip_kind(member)
    return _ole_kind(member) if found is Format.XLS else found


@contextmanager
def seekable(member: Member) -> Iterator[BinaryIO]:
    """A stream of a file that can be set to any offset. A member of an archive is held in memory.

    Raises:
        IntakeError: The member is over `MAX_HELD_BYTES`, or cannot be read.
    """
    with member.open() as raw:
        if raw.seekable():
            yield raw
            return
        data = raw.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        size = limits.MAX_HELD_BYTES >> 20
        raise IntakeError(
            member.location, f"is over {size} MiB inside an archive: unpack the archive and load the file"
        )
    yield io.BytesIO(data)


def _zip_kind(member: Member) -> Format | str:
    """`Format.XLSX`, `Format.ZIP`, or a description. A damaged directory counts as an archive, whose reader says so."""
    with seekable(member) as stream:
        try:
            with open_directory(stream) as archive:
                return _package_kind(archive.namelist()) or _open_document(archive) or Format.ZIP
        except IntakeError:
            raise
        except JoinedArchivesError:
            return Format.ZIP  # whose reader refuses them, also where the last is a workbook
        except DAMAGE:
            return Format.XLSX if format_by_name(member.name) is Format.XLSX else Format.ZIP


def _package_kind(names: Sequence[str]) -> Format | str | None:
    if any(name.lower() == _CONTENT_TYPES for name in names) and any(map(_WORKBOOK.fullmatch, names)):
        return Format.XLSX
    for pattern, kind in _PACKAGES:
        if any(map(pattern.fullmatch, names)):
            return kind
    return "an Office document" if any(name.lower() == _CONTENT_TYPES for name in names) else None


def _open_document(archive: zipfile.ZipFile) -> Format | str | None:
    if "mimetype" not in archive.namelist():
        return None
    with archive.open("mimetype") as stream:
        kind = stream.read(_OLE_OVERLAP)
    return next((name for word, name in _OPEN_DOCUMENTS if word in kind), None)


def _ole_kind(member: Member) -> Format | str:
    """What a compound file holds, by the names of its streams. One with a workbook in it counts as a workbook."""
    wanted = {f"{name}\0".encode("utf-16-le"): kind for name, kind in _OLE_KINDS}
    kinds: set[Format | str] = set()
    left, count = b"", 0
    with member.open() as stream:
        while (block := stream.read(limits.BLOCK_BYTES)) and count < limits.MAX_HELD_BYTES:
            window = left + block
            kinds.update(kind for name, kind in wanted.items() if name in window)
            left, count = window[-_OLE_OVERLAP:], count + len(block)
    if Format.XLS in kinds or not kinds:
        return Format.XLS
    return min(str(kind) for kind in kinds)
