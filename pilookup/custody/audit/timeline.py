"""The commands of an audit log: what each one was asked to do, and how it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pilookup.custody.audit.entry import ENDS, Entry, Phase
from pilookup.protocol.encoding import time_text


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """A command.

    number: of its first entry. ended: when its last entry was written. outcome: how it ended; None if it was killed, or
    if its outcome could not be written. asked, did: the details of its first and of its last entry.
    """

    number: int
    time: datetime
    operator: str
    command: str
    asked: Mapping[str, Any]
    outcome: Phase | None = None
    ended: datetime | None = None
    did: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The command as `pilookup audit show --json` prints it."""
        return {
            "entry": self.number,
            "time": time_text(self.time),
            "operator": self.operator,
            "command": self.command,
            "asked": dict(self.asked),
            "outcome": str(self.outcome) if self.outcome else None,
            "ended": time_text(self.ended) if self.ended else None,
            "did": dict(self.did),
        }


def commands(entries: Iterable[Entry]) -> list[LoggedCommand]:
    """The commands of entries that are in the order of the log.

    HOME is locked while a command runs, so that its last entry follows its first one. The start of a log and a repair
    have one entry only.
    """
    found: list[LoggedCommand] = []
    begun: Entry | None = None
    for entry in entries:
        if entry.phase in ENDS and begun is not None and begun.command == entry.command:
            found[-1] = _command(begun, entry)
            begun = None
            continue
        found.append(_command(entry, None if entry.phase is Phase.BEGIN else entry))
        begun = entry if entry.phase is Phase.BEGIN else None
    return found


def _command(first: Entry, last: Entry | None) -> LoggedCommand:
    if last is None:
        return LoggedCommand(first.number, first.time, first.operator, first.command, first.details)
    asked = first.details if first is not last else {}
    return LoggedCommand(
        first.number, first.time, first.operator, first.command, asked, last.phase, last.time, last.details
    )
