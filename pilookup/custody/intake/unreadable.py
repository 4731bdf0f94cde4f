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


class BadMemberError(IntakeError):
    """A member of an archive cannot be read, so that the archive is refused.

    Args:
        error: What is wrong with the member.
        key: Where it is: its place in the archive, from 0, behind the places of the archives that hold that one.
    """

    def __init__(self, error: IntakeError, key: tuple[int, ...]) -> None:
        remedy = "--skip-bad leaves this member out, or pack the archive again without it"
        super().__init__(error.location, f"{error.message}; {remedy}")
        self.error = error
        self.key = key

    def __reduce__(self) -> tuple[type["BadMemberError"], tuple[IntakeError, tuple[int, ...]]]:  # type: ignore[override]
        return type(self), (self.error, self.key)
