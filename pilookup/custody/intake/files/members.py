"""Opens the members of archives of every format, and reports the members that are not read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from pilookup.custody.intake.files.archive import ArchiveContext, is_system_file, zip_members
from pilookup.custody.intake.files.formats import Format, remedy
from pilookup.custody.intake.files.libarchive_members import libarchive_members
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.files.tar import tar_members
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.unreadable import EmptyFileError, NotATableError, NothingReadableError
from pilookup.errors import IntakeError

_SINGLE: Final = 3
_LOG: Final = "write-ahead"
_SHOWN: Final = 10

SKIPPABLE: Final = (NotATableError, EmptyFileError)
"""The errors of a member that do not prevent the rest of the archive from being read."""


def open_archive(outer: Member, form: Format, context: ArchiveContext) -> AbstractContextManager[Iterator[Member]]:
    """Open an archive, whose members are yielded without folders. Each must be read before the next is requested.

    Args:
        outer: The archive.
        form: Its format, one of `ARCHIVES`.
        context: What it shares with the other archives of the same input file.

    Raises:
        IntakeError: The archive is damaged, under a password or over a limit. Requesting a member raises it, too.
        MissingExtraError: The format needs an extra that is not installed.
    """
    if form is Format.ZIP:
        return zip_members(outer, context)
    if form is Format.TAR:
        return tar_members(outer, context)
    return libarchive_members(outer, form, context)


def tell_kinds(
    report: Report, location: str, kinds: Mapping[str, Sequence[str]], what: str = "members", container: str = "archive"
) -> None:
    """Warn of files that are no tables.

    Args:
        report: Receives the warnings.
        location: What holds the files.
        kinds: Their locations, by what they are.
        what: What they are called.
        container: What holds them.
    """
    for kind, locations in kinds.items():
        help_ = remedy(kind) if _LOG in kind else "load it by itself as a table"
        settle = f"{help_}, or leave it out of the {container}"
        if len(locations) <= _SINGLE:
            for each in locations:
                report.warn(WarningCode.MEMBER_SKIPPED, each, 1, f"not read, since it is {kind}: {settle}")
        else:
            count = len(locations)
            text = f"{count:,} {what} were not read, since each is {kind}, such as {locations[0]}: {settle}"
            report.warn(WarningCode.MEMBER_SKIPPED, location, count, text)


class SkippedMembers:
    """The members of one archive that are not read, and why."""

    def __init__(self, location: str, report: Report) -> None:
        """Begin with no member.

        Args:
            location: The archive.
            report: Receives notes and warnings.
        """
        self._location = location
        self._report = report
        self._kinds: dict[str, list[str]] = {}
        self._reasons: list[IntakeError] = []
        self._system_files = 0
        self._read = 0

    def without_system_files(self, members: Iterator[Member]) -> Iterator[Member]:
        """Yield the members that an operating system did not add by itself, and count the others."""
        for member in members:
            if is_system_file(member.location.removeprefix(f"{self._location}/")):
                self._system_files += 1
            else:
                yield member

    @contextmanager
    def reading(self, member: Member) -> Iterator[None]:
        """A block that reads a member. If the member is not a table, it is skipped and added to the report."""
        try:
            yield
            self._read += 1
        except SKIPPABLE as error:
            self._reasons.append(error)
            self._skip(member, error)

    def leave_out(self, error: IntakeError) -> None:
        """Count a bad member that is left out. The caller tells it."""
        self._reasons.append(error)

    def _skip(self, member: Member, error: IntakeError) -> None:
        if isinstance(error, NothingReadableError):
            return  # its own members were told
        if isinstance(error, NotATableError):
            self._kinds.setdefault(error.kind, []).append(member.location)
            return
        self._report.notes.append(f"{error.location}: not read: {error.message}")

    def finish(self) -> None:
        """Tell what was skipped.

        Raises:
            NothingReadableError: No member was read.
        """
        if self._system_files:
            self._report.notes.append(
                f"{self._location}: {self._system_files} system files (.DS_Store and the like) were left out"
            )
        tell_kinds(self._report, self._location, self._kinds)
        if not self._read:
            raise self._nothing()

    def _nothing(self) -> NothingReadableError:
        if not self._reasons:
            return NothingReadableError(self._location, "the archive holds no file", "an empty archive")
        shown = [str(error).removeprefix(f"{self._location}/") for error in self._reasons[:_SHOWN]]
        more = len(self._reasons) - len(shown)
        shown += [f"and {more:,} more"] if more else []
        text = f"no member of the archive can be loaded. {'; '.join(shown)}"
        return NothingReadableError(self._location, text, "an archive without a table")
