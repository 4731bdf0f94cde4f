"""The files of directories that are no tables: they are told, and do not prevent the others from being loaded."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake import Report
from pilookup.custody.intake.files.members import tell_kinds
from pilookup.custody.intake.unreadable import EmptyFileError, NotATableError, NothingReadableError
from pilookup.custody.load.loaded_file import LoadedFile
from pilookup.errors import IntakeError, SeveralFilesError

_NO_NUMBER: Final = "a file in which no phone number was found"
_SHOWN: Final = 10


def tell_left_out(files: Sequence[LoadedFile], report: Report) -> None:
    """Add what is said of files that were left out to a report, as of members of archives.

    The warnings on the content of a file stay with it: numbers that are not read are told also where no other is.
    """
    kinds: dict[str, dict[str, list[str]]] = {}
    for file in files:
        report.notes += file.report.notes
        report.warnings += file.report.warnings
        error = file.error
        if isinstance(error, NothingReadableError):
            continue  # its own members were told
        if isinstance(error, EmptyFileError):
            report.notes.append(f"{error.location}: not read: {error.message}")
            continue
        kind = error.kind if isinstance(error, NotATableError) else _NO_NUMBER
        kinds.setdefault(file.found.directory or "", {}).setdefault(kind, []).append(file.location)
    for directory, of_kind in kinds.items():
        tell_kinds(report, directory, of_kind, "files", "directory")


def nothing_left(files: Sequence[LoadedFile]) -> IntakeError:
    """The error of a command all of whose files were left out: the reasons of the first ones."""
    errors = [file.error for file in files if file.error is not None]
    if len(errors) <= _SHOWN:
        return errors[0] if len(errors) == 1 else SeveralFilesError(errors, len(errors))
    lines = "\n".join(map(str, errors[:_SHOWN]))
    more = len(errors) - _SHOWN
    return IntakeError(
        files[0].found.directory or files[0].location,
        f"none of {len(errors):,} files can be loaded, and nothing was stored\n{lines}\nand {more:,} more",
    )
