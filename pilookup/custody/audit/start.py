"""Starting the audit log of a HOME: the first one, once, and a new one in place of one that was changed.

A log is started only where nothing shows that there was one. Otherwise it was deleted, and a new one would hide that
(docs/adr/0031).
"""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pilookup import durable, file_errors
from pilookup._version import __version__
from pilookup.clock import Clock
from pilookup.custody.audit.entry import FORMAT, NO_PREVIOUS, Entry, Phase, check_operator, digest_of
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.released import released_heads
from pilookup.custody.audit.seal import Seal
from pilookup.custody.home import Home
from pilookup.errors import AuditError, FormatError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import AUDIT_KEY_ID

RELEASED: Final = "released"
"""The detail that lists the heads of releases which are not in the log, and are known not to be."""

_START: Final = "audit"
_RESTART: Final = "audit restart"


def login() -> str:
    """The name of the user that this process runs as."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def start(home: Home, keyring: Keyring, operator: str, now: datetime) -> None:
    """Start the log of a HOME that never had one. The key comes last: while it is missing, no log was started.

    Raises:
        AuditError: Something shows that there was a log. The text says what, and the way back.
        KeyringError: The key cannot be written.
        OSError: The log cannot be written.
    """
    if traces := list(_traces(home, keyring)):
        raise AuditError(
            f"{keyring.path(AUDIT_KEY_ID)}: missing, and {traces[0]} shows that this HOME had an audit log: somebody "
            "deleted its key. Nothing was changed. Put the key file back from a copy of HOME, or make a HOME from a "
            "backup with: pilookup restore. If there is neither, inquire, and then run: pilookup audit restart"
        )
    key = os.urandom(32)
    _write_first(home, _first(operator, now, _START, {}), key)
    keyring.add_bytes(AUDIT_KEY_ID, key)


def restart(home: Home, keyring: Keyring, operator: str | None, clock: Clock) -> Path | None:
    """Set a damaged log aside, and start a new one that says so. The caller holds the lock of HOME.

    The first entry of the new log has the number of lines of the former one, the SHA-256 of its file, the heads of the
    releases that are in HOME, and whether the key was missing and is a new one.

    Returns:
        The name that the former log has now; None if there was none.

    Raises:
        AuditError: The log or a release cannot be read, or the log cannot be written.
        CustodyError: The operator's name cannot be written into the log.
        KeyringError: The key of the log is damaged, or cannot be written.
    """
    name, now = check_operator(login() if operator is None else operator), clock()
    missing = AUDIT_KEY_ID not in keyring.ids()
    key = os.urandom(32) if missing else keyring.symmetric(AUDIT_KEY_ID)
    aside = home.audit_log.with_name(f"audit-{now:%Y%m%dT%H%M%S}.jsonl")
    with file_errors.failures_as(AuditError, home.audit_log):
        former = _read_if_there(home.audit_log)
        if former is not None:
            durable.create(aside, former)
        details = {
            "former_lines": former.count(b"\n") if former is not None else None,
            "former_sha256": sha256(former).hexdigest() if former is not None else None,
            "new_key": missing,
            RELEASED: sorted({each.head for each in released_heads(home) if each.head is not None}),
        }
        _write_first(home, _first(name, now, _RESTART, details), key)
        if missing:
            keyring.add_bytes(AUDIT_KEY_ID, key)
    return aside if former is not None else None


def _traces(home: Home, keyring: Keyring) -> Iterator[str]:
    """What shows that a HOME had an audit log, in words. A first start that was killed leaves nothing of this."""
    if keyring.states_log_keys:
        yield f"{keyring.directory.name}/keyring.json"
    if home.audit_log.exists() and not _is_first_start(home.audit_log):
        yield str(home.audit_log)
    for path in sorted(home.custody.glob("audit-*.jsonl")):
        yield str(path)
    for each in released_heads(home):
        if each.head is not None:
            yield f"{each.path}, which is signed with its head,"
        elif not each.readable:
            yield f"{each.path}, which cannot be read,"


def _is_first_start(path: Path) -> bool:
    """Whether a log has nothing but the entry that `start` writes, so that its key was never made."""
    lines = read_lines(path)
    try:
        entries = [Entry.from_line(line) for line in lines.lines]
    except FormatError:
        return False
    return len(entries) == 1 and not lines.torn and (entries[0].command, entries[0].phase) == (_START, Phase.START)


def _read_if_there(path: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _first(operator: str, now: datetime, command: str, details: Mapping[str, Any]) -> bytes:
    """The line of a first entry. Its random bytes keep anybody from guessing what is in the log from a signed head."""
    started = {"format": FORMAT, "nonce": os.urandom(32).hex(), "program": __version__, **details}
    return Entry(1, now, operator, command, Phase.START, started, NO_PREVIOUS).to_line()


def _write_first(home: Home, line: bytes, key: bytes) -> None:
    durable.replace(home.audit_log, line + b"\n")
    Seal.make(1, digest_of(line), key).write(home.audit_head)
