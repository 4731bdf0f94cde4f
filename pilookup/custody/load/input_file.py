"""An input file before it is read: its file id, and a digest by which it is recognised when it is loaded again."""

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from pilookup.custody.load.found_files import FoundFile
from pilookup.custody.load.split_task import subkey
from pilookup.custody.session import Session
from pilookup.errors import IntakeError
from pilookup.file_id import FileId
from pilookup.plain_file import plain_file


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file.

    Attributes:
        found: Where it is.
        file_id: The file id that it must still have once it was read.
        digest: HMAC-SHA256 of its content under a custody key, in hex. Without the key it reveals nothing.
    """

    found: FoundFile
    file_id: FileId
    digest: str

    @classmethod
    def of(cls, session: Session, found: FoundFile) -> "InputFile":
        """Examine a file.

        Raises:
            IntakeError: It cannot be read.
        """
        return cls(found, _file_id(found), _digest(session, found))

    @property
    def location(self) -> str:
        """The file's name in messages."""
        return self.found.location

    def check_unchanged(self) -> None:
        """Raise IntakeError if the file is no longer the one whose digest was computed."""
        if _file_id(self.found) != self.file_id:
            raise IntakeError(self.location, "changed while it was read")


def examine(session: Session, found: Sequence[FoundFile]) -> tuple[list[InputFile], list[IntakeError], list[str]]:
    """Examine all files of a command.

    Returns:
        The files without repetition, the errors of those that cannot be read, and a note for each repeated one.
    """
    files: dict[str, InputFile] = {}
    errors: list[IntakeError] = []
    notes: list[str] = []
    for each in found:
        try:
            file = InputFile.of(session, each)
        except IntakeError as error:
            errors.append(error)
            continue
        first = files.setdefault(file.digest, file)
        if first is not file:
            notes.append(f"{file.location}: the same content as {first.location}, loaded once")
    return list(files.values()), errors, notes


def _file_id(found: FoundFile) -> FileId:
    try:
        return FileId.of(found.path.stat())
    except OSError as error:  # not chained: it names the file, and the name may hold a number
        raise IntakeError(found.location, f"cannot be read: {error.strerror}") from None


def _digest(session: Session, found: FoundFile) -> str:
    key = subkey(session.keyring, b"file")
    try:
        with plain_file(Path(os.path.realpath(found.path))) as file:
            return file_digest(file, lambda: hmac.new(key, digestmod="sha256")).hexdigest()
    except OSError as error:  # not chained: it names the file, and the name may hold a number
        raise IntakeError(found.location, f"cannot be read: {error.strerror}") from None
