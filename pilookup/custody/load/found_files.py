"""The files that a command names: those given, and those in the directories given."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pilookup.custody.intake import Report, display_name
from pilookup.custody.intake.files.archive import is_system_file
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.errors import IntakeError

_LINKS: Final = (
    "not read, since they are symbolic links, or neither files nor folders, and may lead out of the directory: name "
    "what a link stands for in the command, if it belongs to the case; the first is {first}"
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that a command names.

    Attributes:
        path: Its path.
        folders: The folders below the directory given that it is in, separated by "/".
        directory: The name of that directory in messages; None if the file was given itself.
    """

    path: Path
    folders: str = field(default="", repr=False)
    directory: str | None = None

    @property
    def name(self) -> str:
        """The file's path below the directory given. It may hold a number."""
        name = self.path.name or str(self.path)
        return f"{self.folders}/{name}" if self.folders else name

    @property
    def location(self) -> str:
        """The file's name in messages."""
        return display_name(self.name)


@dataclass(slots=True)
class FoundFiles:
    """What was found.

    Attributes:
        files: The files in the order given, those of a directory by their paths.
        errors: The directories that cannot be read or hold no file.
        report: The notes and warnings on what was left out.
    """

    files: list[FoundFile] = field(default_factory=list)
    errors: list[IntakeError] = field(default_factory=list)
    report: Report = field(default_factory=Report)


def find_files(paths: Sequence[Path]) -> FoundFiles:
    """Find the files that paths stand for. A directory stands for the plain files in it and below it."""
    found = FoundFiles()
    for path in paths:
        if path.is_dir():
            _Directory(path, found).find()
        else:
            found.files.append(FoundFile(path))
    return found


class _Directory:
    """A directory that was given, while its files are listed."""

    def __init__(self, path: Path, found: FoundFiles) -> None:
        self._path = path
        self._name = display_name(path.resolve().name or str(path))
        self._found = found
        self._hidden = 0
        self._links: list[str] = []

    def find(self) -> None:
        """Add the files, and tell what was left out."""
        report, errors = self._found.report, len(self._found.errors)
        files = [
            FoundFile(self._path / below, below.rpartition("/")[0], self._name) for below in sorted(self._below(""))
        ]
        self._found.files += files
        hidden = f"{self._hidden:,} hidden or system {'file or folder' if self._hidden == 1 else 'files or folders'}"
        if self._hidden:
            report.notes.append(f"{self._name}: {hidden} (.DS_Store, Thumbs.db and the like) left out")
        first = display_name(min(self._links, default=""))
        report.warn(WarningCode.MEMBER_SKIPPED, self._name, len(self._links), _LINKS.format(first=first))
        if not files and len(self._found.errors) == errors:
            besides = f" besides {hidden}" if self._hidden else ""
            self._found.errors.append(IntakeError(self._name, f"the directory holds no file to load{besides}"))

    def _below(self, folders: str) -> Iterator[str]:
        """The paths of the files in a folder and below it; without links, which may lead round in circles."""
        waiting = [folders]
        while waiting:
            folder = waiting.pop()
            for entry in self._entries(folder):
                below = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith(".") or is_system_file(f"{entry.name}/" if entry.is_dir() else entry.name):
                    self._hidden += 1
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(below)
                elif entry.is_file(follow_symlinks=False):
                    yield below
                else:
                    self._links.append(below)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._path / folder) as entries:
                return list(entries)
        except OSError as error:  # not chained: it names the folder, and the name may hold a number
            place = display_name(f"{self._name}/{folder}") if folder else self._name
            self._found.errors.append(IntakeError(place, f"the directory cannot be read: {error.strerror}"))
            return []
