"""Finding the entries of an audit log that were changed, removed, added or moved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilookup.custody.audit.entry import NO_PREVIOUS, Entry, Phase, digest_of
from pilookup.custody.audit.seal import Seal
from pilookup.errors import FormatError

REMEDY: Final = (
    "put back the copies of audit.jsonl and audit-head.json that were made together after the last command, or, after "
    "an inquiry, run: pilookup audit restart"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at an entry. number: its place in the log, from 1."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"entry {self.number:,}: {self.text}"


def problems(lines: Sequence[bytes], seal: Seal | None, torn: bytes = b"") -> list[Problem]:
    """Everything that is wrong with the lines of a log, in the order of the log.

    Args:
        lines: The lines, without their ends.
        seal: How far the log goes, and which entry may follow that. None leaves this out.
        torn: The bytes after the last whole line. Only an append that the seal announces leaves some.
    """
    found = [*_in_chain(lines, seal), *(_at_end(lines, seal, torn) if seal else ())]
    return sorted(found, key=lambda each: each.number)


def finding(log: Path, problem: Problem) -> str:
    """What is wrong, with the file and the remedy, for a person."""
    return f"{log}: {problem}; {REMEDY}"


def _in_chain(lines: Sequence[bytes], seal: Seal | None) -> Iterator[Problem]:
    digests = [digest_of(line) for line in lines]
    entries = [_parsed(line) for line in lines]
    before = NO_PREVIOUS
    for at, (entry, digest) in enumerate(zip(entries, digests, strict=True)):
        if entry is None:
            yield Problem(at + 1, "was changed: not an entry")
        elif entry.number != at + 1:
            yield Problem(at + 1, f"is missing; entry {entry.number:,} is in its place")
        elif (entry.phase is Phase.START) != (at == 0):
            yield Problem(at + 1, "was changed: not where a log starts")
        elif entry.previous != before:
            named = _named_after(entries, seal, at)
            culprit = at if named == digest and at else at + 1
            yield Problem(culprit, "was changed, or the entry before it was removed")
        before = digest


def _named_after(entries: Sequence[Entry | None], seal: Seal | None, at: int) -> str | None:
    """The digest that the next entry, or the seal, gives for the entry at an index; None if nothing does."""
    if at + 1 < len(entries):
        following = entries[at + 1]
        return following.previous if following else None
    return seal.head if seal and seal.entries == at + 1 else None


def _at_end(lines: Sequence[bytes], seal: Seal, torn: bytes) -> Iterator[Problem]:
    if len(lines) < seal.entries:
        yield Problem(len(lines) + 1, f"is missing; the log has had {seal.entries:,} entries")
        return
    if digest_of(lines[seal.entries - 1]) != seal.head:
        yield Problem(seal.entries, "was changed: it is not the one of audit-head.json")
    announced = len(lines) > seal.entries and digest_of(lines[seal.entries]) == seal.next
    if len(lines) > seal.entries + announced:
        yield Problem(seal.entries + announced + 1, "was added by something else than a command")
    elif torn and (announced or seal.next is None):
        yield Problem(len(lines) + 1, f"{len(torn):,} bytes of it were added by something else than a command")


def _parsed(line: bytes) -> Entry | None:
    try:
        return Entry.from_line(line)
    except FormatError:
        return None
