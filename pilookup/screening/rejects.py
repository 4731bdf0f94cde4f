"""The file of rows without exactly one number: row, user and reason, never the number."""

import csv
from collections import Counter
from io import StringIO
from pathlib import Path

from pilookup import durable, file_errors
from pilookup.screening.rows import Reject


class RejectsFile:
    """Collects rejects in a hidden file, which replaces `rejects.csv` once the whole table was read."""

    def __init__(self, path: Path) -> None:
        """Begin; raises OSError."""
        self._path = path
        self._new = durable.temporary(path)
        self._new.unlink(missing_ok=True)
        self._file = durable.new_file(self._new)
        self.counts: Counter[str] = Counter()
        self._write([("row", "user", "reason")])

    def add(self, rejects: list[Reject]) -> None:
        """Add rejects; raises OSError."""
        self.counts.update(reject.reason for reject in rejects)
        self._write([(reject.row, reject.user, reject.reason) for reject in rejects])

    def finish(self) -> None:
        """Put the file in place; raises OSError."""
        self.close()
        durable.flush(self._new)
        self._new.replace(self._path)
        durable.sync_directory(self._path.parent)

    def close(self) -> None:
        """Close the file; raises OSError."""
        with file_errors.naming(self._new):
            self._file.close()

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        with file_errors.naming(self._new):
            self._file.write(text.getvalue().encode())
