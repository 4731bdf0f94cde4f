"""`AuditLog`: appending what a command does to the audit log of a HOME.

A command appends an entry before it changes anything, and its outcome afterwards. If the first one cannot be written,
the command is refused. An entry without an outcome is of a command that was killed, or whose outcome could not be
written.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from pilookup import file_errors
from pilookup.clock import Clock
from pilookup.custody.audit.chain import REMEDY, problems
from pilookup.custody.audit.entry import MAX_LINE_BYTES, Entry, Phase, check_details, check_operator, digest_of
from pilookup.custody.audit.known import Known
from pilookup.custody.audit.log_file import LogLines, append_line, cut, read_lines
from pilookup.custody.audit.released import ReleasedHead, released_heads
from pilookup.custody.audit.seal import Seal
from pilookup.custody.audit.start import login, start
from pilookup.custody.home import Home
from pilookup.errors import AuditError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import AUDIT_KEY_ID


class Recorded:
    """A command whose beginning is in the log.

    Attributes:
        head: The digest of its first entry, which a release that the command makes is signed with.
        number: The number of its first entry.
    """

    def __init__(self, head: str, number: int) -> None:
        self.head = head
        self.number = number
        self._outcome: dict[str, Any] = {}

    def outcome(self, **details: Any) -> None:
        """Set what the command did, for its second entry; see `check_details` for what may be in it."""
        self._outcome |= details

    @property
    def details(self) -> Mapping[str, Any]:
        """What the command did so far."""
        return self._outcome


class AuditLog:
    """The audit log of an unlocked, locked HOME. `open` gives one."""

    def __init__(self, home: Home, key: bytes, operator: str, clock: Clock, lines: LogLines) -> None:
        self._home = home
        self._key = key
        self._operator = operator
        self._clock = clock
        self._entries = len(lines.lines)
        self._head = digest_of(lines.lines[-1])
        self.known = Known.of(lines.lines)
        """What the entries say that other files of HOME must agree with, as of when the log was opened."""
        self.repaired = False
        """Whether a killed command had left a torn line, which was cut off."""

    @classmethod
    def open(cls, home: Home, keyring: Keyring, operator: str | None, clock: Clock) -> Self:
        """Open the log, or start it if this HOME never had one. The caller holds the lock of HOME.

        The end of a line that a killed command left is cut off; the log says so.

        Args:
            home: The HOME.
            keyring: Of the custody half.
            operator: Who runs the commands; None for the login.
            clock: Asked for the time of each entry.

        Raises:
            AuditError: The log was changed (the text names the entry) or deleted, or cannot be read or written.
            CustodyError: The operator's name cannot be written into the log.
            KeyringError: The key of the log is damaged, or cannot be written.
        """
        name = check_operator(login() if operator is None else operator)
        with file_errors.failures_as(AuditError, home.audit_log):
            if AUDIT_KEY_ID not in keyring.ids():
                start(home, keyring, name, clock())
            key = keyring.symmetric(AUDIT_KEY_ID)
            lines, seal = _checked(home, key)
            log = cls(home, key, name, clock, lines)
            if lines.torn:
                log._repair(lines)
            elif seal.next is not None:
                log._seal()  # or the last entry could be cut off until the next one is written
            return log

    @property
    def entries(self) -> int:
        """The number of the last entry."""
        return self._entries

    def check_released(self) -> None:
        """Refuse a log that is older than a release of this HOME: an older copy of both files was put back.

        Raises:
            AuditError: A release is signed with a head that is not in the log, and no entry says why.
        """
        if strangers := self.unknown_heads():
            each = strangers[0]
            signed = f"release {each.release} of {each.channel} is signed with ({each.path})"
            raise AuditError(
                f"{self._home.audit_log}: it ends at entry {self._entries:,} and has not the entry that {signed}: "
                f"an older or another log, or that file, was put here. Nothing was changed; {REMEDY}"
            )

    def unknown_heads(self) -> list[ReleasedHead]:
        """The releases of this HOME whose heads are not in the log, and that no entry declares; raises AuditError."""
        with file_errors.failures_as(AuditError, self._home.channels):
            found = released_heads(self._home)
        known = self.known.digests | self.known.declared
        return [each for each in found if each.head is not None and each.head not in known]

    @contextmanager
    def recorded(self, command: str, **details: Any) -> Iterator[Recorded]:
        """Append that a command begins, run the block, and append how it ended.

        Args:
            command: The command's name, such as "publish".
            details: What it is asked to do; see `check_details` for what may be in it. Never a number or an element.

        Yields:
            The object that takes what the command did.

        Raises:
            AuditError: An entry cannot be written. If it is the first one, the block was not run.
            ValueError: The details are not such as the log takes. If it is of the first entry, the block was not run.

        What the block raises is raised unchanged.
        """
        running = Recorded(self.append(command, Phase.BEGIN, details), self._entries)
        try:
            yield running
        except Exception as error:
            self._append_failure(command, Phase.FAILED, {**running.details, "error": type(error).__name__}, error)
            raise
        except BaseException as error:
            self._append_failure(command, Phase.INTERRUPTED, running.details, error)
            raise
        failing = f"cannot be written with the outcome of {command} which is done"
        self.append(command, Phase.DONE, running.details, failing=failing)

    def append(
        self, command: str, phase: Phase, details: Mapping[str, Any], *, failing: str = "cannot be read or written"
    ) -> str:
        """Append one entry durably; `recorded` is what commands call.

        Args:
            command: The command's name.
            phase: What the entry says of it.
            details: See `check_details`.
            failing: What the text of the error says, between the name of the file and the reason.

        Returns:
            The entry's digest.

        Raises:
            AuditError: The entry cannot be written. The log is as before, or has the entry and its head does not.
            ValueError: The details are not such as the log takes.
        """
        checked = check_details(dict(details))
        entry = Entry(self._entries + 1, self._clock(), self._operator, command, phase, checked, self._head)
        line = entry.to_line()
        if len(line) > MAX_LINE_BYTES:
            raise ValueError("details: too long")
        path, digest = self._home.audit_log, digest_of(line)
        try:
            self._seal(digest)
            append_line(path, line)
            self._entries, self._head = entry.number, digest
            self._seal()
        except OSError as error:
            raise AuditError(file_errors.failure_text(error, failing, path)) from error
        return self._head

    def _seal(self, following: str | None = None) -> None:
        """Write how far the log goes, and the digest of the entry that is about to follow; raises OSError."""
        Seal.make(self._entries, self._head, self._key, following).write(self._home.audit_head)

    def _append_failure(self, command: str, phase: Phase, details: Mapping[str, Any], error: BaseException) -> None:
        """Append how a command failed. If that is not possible, its own error is the one to raise."""
        try:
            self.append(command, phase, details)
        except AuditError as lost:
            error.add_note(f"the audit log has no outcome of this command: {lost}")

    def _repair(self, lines: LogLines) -> None:
        cut(self._home.audit_log, lines.whole_bytes)
        self.append("audit", Phase.REPAIRED, {"bytes": len(lines.torn)})
        self.repaired = True


def _checked(home: Home, key: bytes) -> tuple[LogLines, Seal]:
    """Read and check the log and its head; a torn end that is a whole entry without its line end gets it."""
    seal = read_seal(home)
    if not seal.is_made_with(key):
        raise _damaged(f"{home.audit_head}: was changed: it is not made with the key of this HOME")
    lines = read_log(home)
    if lines.torn and digest_of(lines.torn) == seal.next and len(lines.lines) == seal.entries:
        append_line(home.audit_log, b"")
        lines = read_log(home)
    found = problems(lines.lines, seal, lines.torn)
    if found:
        raise _damaged(f"{home.audit_log}: {found[0]}")
    return lines, seal


def read_seal(home: Home) -> Seal:
    """Read `audit-head.json`; raises AuditError if it is missing or changed, and OSError."""
    try:
        return Seal.read(home.audit_head)
    except FileNotFoundError:
        raise _damaged(f"{home.audit_head}: missing") from None


def read_log(home: Home) -> LogLines:
    """Read `audit.jsonl`; raises AuditError if it is missing or empty, and OSError."""
    try:
        lines = read_lines(home.audit_log)
    except FileNotFoundError:
        raise _damaged(f"{home.audit_log}: missing") from None
    if not lines.lines:
        raise _damaged(f"{home.audit_log}: entry 1: is missing")
    return lines


def _damaged(what: str) -> AuditError:
    return AuditError(f"{what}. Nothing was changed. `pilookup audit verify` shows all of it; {REMEDY}")
