"""The files of the online half about reports, and their sections in bundles.

HOME/online/reports.jsonl           written by the server: the reports that it received, as lines of `ReceivedReport`
HOME/online/report-answers.jsonl    from custody: its signed answers, as lines of `Answer`

The first goes to custody, the second comes from there; on one machine both are used where they are.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.bundles.header import Header, Item, Section, Sender
from pilookup.bundles.machine import machine_id, make_machine_key
from pilookup.bundles.read import opened_bundle, read_small, skip
from pilookup.bundles.write import Advance, Source, item_of, write_bundle
from pilookup.errors import BundleError, FormatError, ReportError
from pilookup.plain_file import read_plain
from pilookup.protocol.received_reports import MAX_RECEIVED_BYTES, ReceivedReport, received_from_bytes
from pilookup.protocol.report_answers import MAX_ANSWERS_BYTES, Answer, answers_from_bytes

REPORTS_FILE: Final = "reports.jsonl"
ANSWERS_FILE: Final = "report-answers.jsonl"
REPORTS: Final = "reports"
"""The section of a bundle of a serving machine; it is not critical."""

ANSWERS: Final = "report-answers"
"""The section of a bundle of custody; it is not critical."""


def reports_item(online: Path) -> dict[Item, Source]:
    """The reports in an online half as an item of a bundle; empty if no server wrote any.

    Raises:
        BundleError: The file is damaged.
        OSError: It cannot be read.
    """
    path = online / REPORTS_FILE
    try:
        data = read_plain(path, MAX_RECEIVED_BYTES)
        received_from_bytes(data)
    except FileNotFoundError:
        return {}
    except (FormatError, ReportError) as error:
        raise BundleError(f"{path}: {error}; delete it, and the server writes it again") from None
    return {item_of(REPORTS, REPORTS_FILE, data): data}


def write_reports(
    online: Path, out: Path, now: datetime, *, piece_size: int | None = None, on_progress: Advance | None = None
) -> tuple[int, list[Path]]:
    """Write a bundle with the reports that a server received, and nothing else. No passphrase is needed.

    It is signed with the key of this machine, which is made if nothing was ever imported here.

    Returns:
        How many reports there are, and the files written.

    Raises:
        BundleError: No server wrote reports here, or their file is damaged; or as `make_machine_key`, `write_bundle`.
        OSError: A file cannot be read or written.
    """
    sources = reports_item(online)
    if not sources:
        raise BundleError(
            f"{online / REPORTS_FILE}: missing; a server that runs writes it when it has received a report"
        )
    (data,) = sources.values()
    assert isinstance(data, bytes)
    key = make_machine_key(online)
    header = Header(
        sender=Sender.ONLINE,
        number=0,
        created=now,
        machine=machine_id(key.public_key()),
        sections=(Section(REPORTS, critical=False),),
        items=tuple(sources),
        channels=(),
        journal=0,
    )
    files = write_bundle(out, header, sources, key.sign, piece_size=piece_size, on_progress=on_progress)
    return data.count(b"\n"), files


def read_reports(paths: Sequence[Path], keys: Sequence[Ed25519PublicKey]) -> list[ReceivedReport]:
    """Read the reports in a bundle of a serving machine, whatever else is in it.

    Args:
        paths: The bundle, as `open_stream` finds it.
        keys: The keys of the serving machines that are trusted.

    Raises:
        BundleError: It is damaged, comes from custody, is not signed by one of the keys, or has no reports.
        FormatError, ReportError: A report is malformed, or finer than the rules.
        OSError: A file cannot be read.
    """
    data = None
    with opened_bundle(paths, Sender.ONLINE, keys) as bundle:
        for item, chunks in bundle.items():
            if item.section == REPORTS and item.name == REPORTS_FILE:
                data = read_small(chunks, item, MAX_RECEIVED_BYTES)
            else:
                skip(chunks)
    if data is None:
        raise BundleError("it has no reports; write a bundle with them on the serving machine: pilookup reports export")
    return received_from_bytes(data)


def check_answers(data: bytes, key: Ed25519PublicKey) -> list[Answer]:
    """Parse answers and verify the signature of each.

    Raises:
        FormatError: A line is not an answer.
        ReportError: One is not signed by the key.
    """
    answers = answers_from_bytes(data)
    for answer in answers:
        answer.verify(key)
    return answers


def read_answers(online: Path) -> list[Answer] | None:
    """The answers in an online half, which were verified when they arrived; None if there are none.

    Raises:
        FormatError: The file is damaged.
        OSError: It cannot be read.
    """
    try:
        return answers_from_bytes(read_plain(online / ANSWERS_FILE, MAX_ANSWERS_BYTES))
    except FileNotFoundError:
        return None
