"""How workers and the process with the service database tell each other notices: files in a private directory.

A worker puts the notice of each release that it serves into a file. The keeper takes these files into the database,
deletes them, and writes the newest notices of the database into one file for each channel, which workers answer from.
So no worker needs the database, and a process that is killed anywhere loses nothing: a worker that starts again puts
its notice again, and the database takes each once. The directory is emptied when the server starts.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pilookup import durable
from pilookup.errors import FormatError
from pilookup.file_id import FileId
from pilookup.plain_file import read_whole
from pilookup_server.notices.notice import Notice

LIST_BYTES: Final = 1 << 20
"""Most bytes of the notices that are listed of a channel. One of 100 datasets has 600."""

_PUT: Final = re.compile(r"notice-[a-z0-9-]+-[0-9]+\.json")


class NoticeBoard:
    """The notices of this machine's workers, and the list that they answer with."""

    def __init__(self, directory: Path) -> None:
        """Use a directory that the processes of this server share."""
        self._directory = directory
        self._listed: dict[str, tuple[FileId, tuple[Notice, ...]]] = {}

    def put(self, notice: Notice) -> None:
        """Put a notice where the keeper finds it. Putting it again changes nothing; raises OSError."""
        path = self._directory / f"notice-{notice.channel}-{notice.serial}.json"
        durable.write_and_rename(path, [notice.to_bytes()], flushed=False)

    def waiting(self) -> dict[Path, Notice]:
        """The notices that were put and not taken yet, by file.

        Raises:
            FormatError: A file is not a notice; the text names it.
            OSError: A file cannot be read.
        """
        paths = sorted(path for path in self._directory.iterdir() if _PUT.fullmatch(path.name))
        return {path: _read(path) for path in paths}

    def take(self, paths: Iterable[Path]) -> None:
        """Delete files that are in the database now; raises OSError."""
        for path in paths:
            path.unlink(missing_ok=True)

    def replace_list(self, channel: str, notices: Iterable[Notice]) -> None:
        """Write the notices that workers list, newest first, as far as LIST_BYTES hold; raises OSError."""
        lines, size = list[bytes](), 0
        for notice in notices:
            lines.append(notice.to_bytes())
            size += len(lines[-1])
            if size > LIST_BYTES and len(lines) > 1:
                lines.pop()
                break
        durable.write_and_rename(self._list(channel), [b"\n".join(lines)], flushed=False)

    def listed(self, channel: str) -> tuple[Notice, ...]:
        """The notices that the keeper wrote last; none if it wrote none, because it cannot use the database.

        Raises:
            FormatError: The file is damaged.
            OSError: It cannot be read.
        """
        path = self._list(channel)
        try:
            file_id = FileId.of(path.stat())
            known = self._listed.get(channel)
            if known is None or known[0] != file_id:
                lines = read_whole(path).split(b"\n")
                known = file_id, tuple(Notice.from_bytes(line) for line in lines if line)
                self._listed[channel] = known
        except FileNotFoundError:
            return ()
        return known[1]

    def _list(self, channel: str) -> Path:
        return self._directory / f"notices-of-{channel}.jsonl"


def _read(path: Path) -> Notice:
    try:
        return Notice.from_bytes(read_whole(path))
    except FormatError as error:
        raise FormatError(f"{path.name}: {error}") from None
