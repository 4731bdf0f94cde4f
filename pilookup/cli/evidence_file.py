"""The file that `load --evidence-list` names: a page, or CSV, or JSON, by the extension of its name."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from pilookup.cli.console import progress
from pilookup.cli.output_file import check_new_path, write_new
from pilookup.cli.report_file import stored_text
from pilookup.clock import utc_now
from pilookup.errors import CustodyError, IntakeError

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome

OPTION: Final = "--evidence-list"
_FORMS: Final = (".html", ".csv", ".json")


def check_evidence_path(path: Path | None) -> None:
    """Refuse a name that cannot be that of a new list; raises typer.BadParameter."""
    check_new_path(path, OPTION)
    if path is not None and path.suffix.lower() not in _FORMS:
        raise typer.BadParameter(f"{path}: not named .html, .csv or .json", param_hint=OPTION)


class EvidenceFile:
    """A list that is made of the files of a load once they are loaded.

    Args:
        path: The file to make.
        files: The files and directories of the load, which must not change until then.
    """

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        from pilookup.custody.evidence import file_ids  # noqa: PLC0415 - needs the extra `load`
        from pilookup.custody.load.found_files import find_files  # noqa: PLC0415 - needs the extra `load`

        self._path = path
        found = find_files(files).files
        self._files = [file.path for file in found]
        self._names = [file.name for file in found]
        self._ids = file_ids(self._files)

    def write(self, outcome: "LoadOutcome", passwords: Sequence[str], command: str) -> None:
        """Read the files, and write the list in one step and with mode 0600.

        Args:
            outcome: What the load did.
            passwords: Those of encrypted archives.
            command: What gives the same counts again.

        Raises:
            CustodyError: A file changed after it was loaded, or the list cannot be written. The text says that the load
                is not undone.
        """
        from pilookup.custody.evidence import EvidenceList, list_evidence  # noqa: PLC0415 - needs the extra `load`

        after = stored_text(outcome)
        try:
            with progress("digests", "files") as advance:
                items = list_evidence(self._files, self._ids, passwords, advance, self._names)
        except IntakeError as error:
            raise CustodyError(f"{error}, so no list was written{after}") from None
        listed = EvidenceList(outcome.dataset, items, outcome.counts(), command, utc_now())
        text = {".html": listed.to_html, ".csv": listed.to_csv, ".json": listed.to_json}[self._path.suffix.lower()]()
        write_new(self._path, text, lost="no list was written", after=after)


def counting_command(files: Sequence[Path], options: Mapping[str, object]) -> str:
    """The command that counts the same again and stores nothing.

    Args:
        files: The files.
        options: The other options of the load that decide what is read, by name: a value, several, or a flag. What is
            None, False or empty is left out.
    """
    words = ["pilookup", "load", *(str(file) for file in files)]
    for name, value in options.items():
        values = value if isinstance(value, list | tuple) else [value]
        for each in values:
            if each is True:
                words.append(f"--{name}")
            elif each not in (None, False):
                words += [f"--{name}", str(each)]
    return shlex.join([*words, "--replace", "--dry-run", "--json"])
