"""`AuditLog`: appending what a command does to the audit log of a HOME.

A command appends an entry before it changes anything, and its outcome afterwards. If the first one cannot be written,
the command is refused. An entry without an outcome is of a command that was killed, or whose outcome could not be
written.
"""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from pilookup import durable
from pilookup._version import __version__
from pilookup.clock import Clock
from pilookup.custody.audit.chain import problems
from pilookup.custody.audit.entry import (
    FORMAT,
    MAX_LINE_BYTES,
    NO_PREVIOUS,
    Entry,
    Phase,
    check_details,
    check_operator,
    digest_of,
)
from pilookup.custody.audit.log_file import LogLines, append_line, cut, read_lines
from pilookup.custody.audit.seal import Seal
from pilookup.custody.home import Home
from pilookup.errors import AuditError, FormatError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import AUDIT_KEY_ID

_RESTART: Final = "audit restart"


class Recorded:
    """A command whose beginning is in the log.

    Attributes:
        head: The digest of its first entry, which a release that the command makes is signed with.
    """

    def __init__(self, head: str) -> None:
        self.head = head
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
        self._sealed = False
        self.repaired = False
        """Whether a killed command had left a torn line, which was cut off."""

    @classmethod
    def open(cls, home: Home, keyring: Keyring, operator: str | None, clock: Clock) -> Self:
        """Open the log, or start it if this HOME has none yet. The caller holds the lock of HOME.

        The end of a line that a killed command left is cut off; the log says so.

        Args:
            home: The HOME.
            keyring: Of the custody half.
            operator: Who runs the commands; None for the login.
            clock: Asked for the time of each entry.

        Raises:
            AuditError: The log was changed (the text names the entry), or cannot be read or written.
            CustodyError: The operator's name cannot be written into the log.
            KeyringError: The key of the log is damaged, or cannot be written.
        """
        name = check_operator(login() if operator is None else operator)
        with durable.failures_as(AuditError, home.audit_log):
            if AUDIT_KEY_ID not in keyring.ids():
                _start(home, keyring, name, clock())
            key = keyring.symmetric(AUDIT_KEY_ID)
            lines = _checked(home, key)
            log = cls(home, key, name, clock, lines)
            if lines.torn:
                log._repair(lines)
            return log

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
        running = Recorded(self.append(command, Phase.BEGIN, details))
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
        path = self._home.audit_log
        try:
            if not self._sealed:
                self._seal()  # before there is a second entry that the head does not have
            append_line(path, line)
            self._entries, self._head, self._sealed = entry.number, digest_of(line), False
            self._seal()
        except OSError as error:
            raise AuditError(durable.failure_text(error, failing, path)) from error
        return self._head

    def _seal(self) -> None:
        """Write how far the log goes; raises OSError."""
        Seal.make(self._entries, self._head, self._key).write(self._home.audit_head)
        self._sealed = True

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


def login() -> str:
    """The name of the user that this process runs as."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def restart(home: Home, keyring: Keyring, operator: str | None, clock: Clock) -> Path:
    """Set a damaged log aside, and start a new one that says so. The caller holds the lock of HOME.

    The first entry of the new log has the number of lines of the former one, and the SHA-256 of its file.

    Returns:
        The name that the former log has now.

    Raises:
        AuditError: The log cannot be read or written.
        CustodyError: As `AuditLog.open`.
        KeyringError: The key of the log is missing, which means that HOME has no log, or it is damaged.
    """
    name, now = check_operator(login() if operator is None else operator), clock()
    key = keyring.symmetric(AUDIT_KEY_ID)
    aside = home.audit_log.with_name(f"audit-{now:%Y%m%dT%H%M%S}.jsonl")
    with durable.failures_as(AuditError, home.audit_log):
        former = _read_if_there(home.audit_log)
        if former is not None:
            durable.create(aside, former)
        details = {
            "former_lines": former.count(b"\n") if former is not None else None,
            "former_sha256": sha256(former).hexdigest() if former is not None else None,
        }
        _write_first(home, _first(name, now, _RESTART, details), key)
    return aside


def _read_if_there(path: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _start(home: Home, keyring: Keyring, operator: str, now: datetime) -> None:
    """Start the log of a HOME that has none. The key comes last: while it is missing, the log counts as not started."""
    key = os.urandom(32)
    _write_first(home, _first(operator, now, "audit", {}), key)
    keyring.add_bytes(AUDIT_KEY_ID, key)


def _first(operator: str, now: datetime, command: str, details: Mapping[str, Any]) -> bytes:
    """The line of a first entry. Its random bytes keep anybody from guessing what is in the log from a signed head."""
    started = {"format": FORMAT, "nonce": os.urandom(32).hex(), "program": __version__, **details}
    return Entry(1, now, operator, command, Phase.START, started, NO_PREVIOUS).to_line()


def _write_first(home: Home, line: bytes, key: bytes) -> None:
    durable.replace(home.audit_log, line + b"\n")
    Seal.make(1, digest_of(line), key).write(home.audit_head)


def _checked(home: Home, key: bytes) -> LogLines:
    """Read and check the log; a torn end that is a whole entry without its line end gets it."""
    seal = read_seal(home)
    if not seal.is_made_with(key):
        raise _damaged(f"{home.audit_head}: changed: it is not made with the key of this HOME")
    lines = read_log(home)
    if lines.torn and _is_next(lines):
        append_line(home.audit_log, b"")
        lines = read_log(home)
    found = problems(lines.lines, seal)
    if found:
        raise _damaged(f"{home.audit_log}: {found[0]}")
    return lines


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


def _is_next(lines: LogLines) -> bool:
    """Whether the torn end is a whole entry that follows the last line."""
    try:
        entry = Entry.from_line(lines.torn)
    except FormatError:
        return False
    return entry.number == len(lines.lines) + 1 and entry.previous == digest_of(lines.lines[-1])


def _damaged(what: str) -> AuditError:
    return AuditError(
        f"{what}. Nothing was changed. `pilookup audit verify` shows all of it; after an inquiry, "
        "`pilookup audit restart` starts a new log"
    )
