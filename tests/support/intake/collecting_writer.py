"""A writer of sorted files that keeps the rows in memory instead."""

from pilookup.custody.load.split_task import SortedFileWriter
from tests.support.intake.texts import strings


class CollectingWriter(SortedFileWriter):
    """Collects the rows that would be tokenised and written."""

    def __init__(self):
        self.rows = []

    def write(self, number, packed):
        identifiers = strings(packed.identifiers)
        indices = [int.from_bytes(packed.indices[at : at + 4], "little") for at in range(0, len(packed.indices), 4)]
        months = [int.from_bytes(packed.months[at : at + 2], "little") for at in range(0, len(packed.months), 2)]
        names = strings(packed.accounts) if packed.accounts is not None else [b""] * len(indices)
        self.rows += zip([identifiers[index] for index in indices], names, months, strict=True)
        return 0
