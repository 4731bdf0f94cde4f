"""What `status` says of bundles: what was not exported or not acknowledged yet, and what arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal, removals_text
from pilookup.bundles.machine import machine_id, read_machine_key
from pilookup.bundles.records import (
    EXPORTS,
    TRUST,
    TRUST_FILE,
    Exported,
    ExportRecord,
    read_exports,
    read_taken_up,
    read_trust,
)
from pilookup.bundles.release_items import served_release
from pilookup.custody.audit.check import entries_of
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.home import Home
from pilookup.custody.next_command import to_acknowledge, to_export
from pilookup.plain_file import read_plain
from pilookup.protocol.encoding import time_text


@dataclass(frozen=True, slots=True)
class BundleStatus:
    """What a serving machine imported last.

    number and created: of the bundle. journal: entries of the journal. removals: each of them, such as `erasure 3 of
    2026-11-29`. machine: the id of this machine, as custody names it; None before it has a key.
    """

    number: int
    created: datetime
    journal: int
    removals: tuple[str, ...]
    machine: str | None

    def to_json(self) -> dict[str, Any]:
        """The object as `pilookup status --json` prints it."""
        return {
            "number": self.number,
            "created": time_text(self.created),
            "journal": self.journal,
            "removals": list(self.removals),
            "machine": self.machine,
        }


def read_bundle_status(home: Home) -> BundleStatus | None:
    """What was imported last on a serving machine; None where the custody half is, and where nothing was imported.

    Raises:
        BundleError, FormatError: A record or the journal is not valid.
        OSError: A file cannot be read.
    """
    if home.has_custody():
        return None
    key = read_trust(home.online / TRUST)
    taken_up = read_taken_up(home.online, key) if key is not None else None
    if key is None or taken_up is None:
        return None
    journal = Journal.from_bytes(read_plain(home.online / JOURNAL_FILE, MAX_JOURNAL_BYTES), key)
    removals = tuple(removals_text(journal.entries))
    machine = read_machine_key(home.online)
    name = machine_id(machine.public_key()) if machine else None
    return BundleStatus(taken_up.number, taken_up.created, journal.position, removals, name)


def export_warnings(home: Home) -> Iterator[str]:
    """What has not been exported, and which serving machines have not acknowledged the last export.

    Nothing where no bundle was ever exported, because both halves are used on this machine. That the record of exports
    is missing does not show it: the audit log has them too.

    Raises:
        BundleError, FormatError, TrustError: A record, the journal or a release is not valid.
        OSError: A file cannot be read.
    """
    record = read_exports(home.custody) if home.has_custody() else None
    if record is None:
        return
    if (exported := _audited_export(home)) > (record.last.number if record.last else 0):
        yield (
            f"{home.custody / EXPORTS}: missing or an older copy: the audit log has the export of bundle {exported}; "
            f"what serving machines have is not known; {to_export(home)}"
        )
    if record.last is None or not home.has_online():
        return
    journal = _journal(home)
    for removal in removals_text(journal.entries[record.last.journal :]):
        yield f"{removal} has not been exported; {to_export(home)}"
    for directory in sorted(path for path in home.channels.iterdir() if path.is_dir()):
        release = served_release(directory)
        if release is not None and release.snapshot_version > record.last.channels.get(directory.name, 0):
            yield f"{directory.name}: the release was not exported; {to_export(home)}"
    yield from _machine_warnings(home, record, record.last, journal)


def _machine_warnings(home: Home, record: ExportRecord, last: Exported, journal: Journal) -> Iterator[str]:
    """What serving machines have not acknowledged of the last export, and what they are not proved to serve."""
    for name, machine in sorted(record.machines.items()):
        if machine.taken_up.number < last.number:
            yield f"{_not_acknowledged(name, machine.taken_up, last, journal)}; {to_acknowledge(home)}"
            continue
        for channel, snapshot in sorted(machine.taken_up.channels.items()):
            if machine.served.get(channel, 0) < snapshot:
                yield _not_served(name, channel)


def _audited_export(home: Home) -> int:
    """The number of the newest bundle whose export is in the audit log; 0 if there is none, or no log."""
    try:
        lines = read_lines(home.audit_log).lines
    except FileNotFoundError:
        return 0
    exports = entries_of([line for line in lines if b'"bundle export"' in line])
    numbers = [each.details.get("bundle") for each in exports if each.command == "bundle export"]
    return max((number for number in numbers if isinstance(number, int)), default=0)


def was_exported(home: Home) -> bool:
    """Whether a bundle was ever exported from here, so that other machines serve; raises BundleError, FormatError."""
    return home.has_custody() and read_exports(home.custody).last is not None


def _not_acknowledged(machine: str, taken_up: Exported, last: Exported, journal: Journal) -> str:
    missing = removals_text(journal.entries[taken_up.journal : last.journal])
    text = f"serving machine {machine} has not acknowledged bundle {last.number}"
    if missing:
        text += f", with {', '.join(missing)}"
    return text


def _not_served(machine: str, channel: str) -> str:
    return (
        f"serving machine {machine} has imported {channel} and not proved that it serves it; once its server runs, "
        "export an acknowledgement there again, and import that here"
    )


def _journal(home: Home) -> Journal:
    """The journal of the custody half, verified with the public key of HOME's trust file."""
    key = read_trust(home.path / TRUST_FILE)
    if key is None:
        raise FileNotFoundError(2, "missing", str(home.path / TRUST_FILE))
    path = home.custody / JOURNAL_FILE
    return Journal.from_bytes(read_plain(path, MAX_JOURNAL_BYTES) if path.exists() else b"", key)
