"""Errors that say why a file has no numbers to load. Inside an archive such a member is skipped and told."""

from pilookup.errors import IntakeError


class NotATableError(IntakeError):
    """A file is no table: a picture, a document, a program or another kind that intake does not read.

    Args:
        location: The file or member.
        message: What is wrong, with a remedy.
        kind: What the file is, such as "a JPEG picture".
    """

    def __init__(self, location: str, message: str, kind: str) -> None:
        super().__init__(location, message)
        self.kind = kind

    def __reduce__(self) -> tuple[type["NotATableError"], tuple[str, str, str]]:  # type: ignore[override]
        return type(self), (self.location, self.message, self.kind)


class EmptyFileError(IntakeError):
    """A file has no content."""


class NothingReadableError(NotATableError):
    """No member of an archive could be read. The text has the reason for each."""
