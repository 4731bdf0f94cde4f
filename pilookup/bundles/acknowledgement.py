"""The bundle that goes back from a serving machine to custody: what this machine took up, and what it serves.

It is small, and custody believes of it what is proved (docs/adr/0032):

- by the signature of the machine's key, which custody pinned: this machine took up this bundle, with this journal;
- by timestamp.json, which the timestamp key signed: the online half serves this version of the snapshot metadata.

    section "acknowledgement"    journal                     the digest of the journal's last entry, 32 bytes
                                 {channel}/timestamp.json    as it is in the channel's directory
    section "reports"            reports.jsonl               the reports that the server received, if any
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Root, Timestamp

from pilookup.bundles.header import Header, Item, Section, Sender
from pilookup.bundles.journal import DIGEST_BYTES, JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal
from pilookup.bundles.machine import machine_id, read_machine_key, write_machine_trust
from pilookup.bundles.read import opened_bundle, read_small, skip
from pilookup.bundles.records import TRUST, read_taken_up, read_trust
from pilookup.bundles.report_files import REPORTS, reports_item
from pilookup.bundles.write import Advance, Source, item_of, write_bundle
from pilookup.errors import BundleError
from pilookup.plain_file import read_plain
from pilookup.protocol.names import check_channel
from pilookup.protocol.release import TIMESTAMP, parse_metadata

SECTION: Final = "acknowledgement"
MAX_TIMESTAMP_BYTES: Final = 1 << 16
MAX_CHANNELS: Final = 16
"""Channels of which an acknowledgement may say something. There are two today."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a serving machine states, after its signature was verified.

    machine: its key. taken_up: the header of the acknowledgement, with the number, the channels and the position of the
    journal of the bundle taken up. journal: the digest of the journal's last entry. timestamps: by channel, not
    verified yet. reports: whether the bundle also has reports of platforms.
    """

    machine: Ed25519PublicKey
    taken_up: Header
    journal: bytes
    timestamps: Mapping[str, bytes]
    reports: bool = False


def write_acknowledgement(
    online: Path,
    out: Path,
    now: datetime,
    *,
    piece_size: int | None = None,
    on_progress: Advance | None = None,
) -> tuple[Header, list[Path]]:
    """Write what the online half of a serving machine took up, and the reports that it received.

    No passphrase is needed, and nothing of it is secret.

    Returns:
        The header of the bundle that was taken up last, and the files written.

    Raises:
        BundleError: Nothing was taken up here, this machine has no key yet, or a file cannot be written as
            `write_bundle`.
        FormatError: The journal here is damaged.
        OSError: A file cannot be read or written.
    """
    trusted = read_trust(online / TRUST)
    taken_up = read_taken_up(online, trusted) if trusted is not None else None
    if trusted is None or taken_up is None:
        raise BundleError(f"{online}: no bundle was imported here; there is nothing to acknowledge")
    key = read_machine_key(online)
    if key is None:
        raise BundleError(f"{online}: this machine has no key yet that signs; import the newest bundle again")
    write_machine_trust(online)
    journal = Journal.from_bytes(read_plain(online / JOURNAL_FILE, MAX_JOURNAL_BYTES), trusted)
    sources = _sources(online, taken_up, journal) | reports_item(online)
    return taken_up, _write(out, now, key, taken_up, sources, piece_size, on_progress)


def _write(
    out: Path,
    now: datetime,
    key: Ed25519PrivateKey,
    taken_up: Header,
    sources: dict[Item, Source],
    piece_size: int | None,
    on_progress: Advance | None,
) -> list[Path]:
    header = Header(
        sender=Sender.ONLINE,
        number=taken_up.number,
        created=now,
        machine=machine_id(key.public_key()),
        sections=tuple(Section(name, critical=name == SECTION) for name in sorted({each.section for each in sources})),
        items=tuple(sources),
        channels=taken_up.channels,
        journal=taken_up.journal,
    )
    return write_bundle(out, header, sources, key.sign, piece_size=piece_size, on_progress=on_progress)


def _sources(online: Path, taken_up: Header, journal: Journal) -> dict[Item, Source]:
    sources: dict[Item, Source] = {item_of(SECTION, JOURNAL_FILE, journal.digest): journal.digest}
    for state in taken_up.channels:
        path = online / "channels" / state.channel / "metadata" / TIMESTAMP
        if path.exists():
            data = read_plain(path, MAX_TIMESTAMP_BYTES)
            sources[item_of(SECTION, f"{state.channel}/{TIMESTAMP}", data)] = data
    return sources


def read_acknowledgement(paths: Sequence[Path], keys: Sequence[Ed25519PublicKey]) -> Acknowledgement:
    """Read the acknowledgement of a serving machine, and verify its signature before anything of it is parsed.

    Args:
        paths: The bundle, as `open_stream` finds it.
        keys: The keys of the serving machines that are trusted.

    Raises:
        BundleError: It is damaged, too large, comes from custody, or is not signed by one of the keys.
        OSError: A file cannot be read.
    """
    with opened_bundle(paths, Sender.ONLINE, keys) as bundle:
        bundle.header.check_sections(frozenset({SECTION}))
        stated = [item for item in bundle.header.items if item.section == SECTION]
        if len(stated) > MAX_CHANNELS + 1:
            raise BundleError("it states something of more channels than there can be")
        journal, timestamps = None, {}
        for item, chunks in bundle.items():
            if item.section != SECTION:
                skip(chunks)
            elif item.name == JOURNAL_FILE:
                journal = read_small(chunks, item, DIGEST_BYTES)
            else:
                timestamps[_channel_of(item)] = read_small(chunks, item, MAX_TIMESTAMP_BYTES)
        if journal is None or len(journal) != DIGEST_BYTES or bundle.header.machine != machine_id(bundle.key):
            raise BundleError("it does not say which machine took up which journal")
        reports = any(item.section == REPORTS and item.size for item in bundle.header.items)
        return Acknowledgement(bundle.key, bundle.header, journal, timestamps, reports)


def proved_snapshot(timestamp: bytes, root: Root) -> int | None:
    """The version of the snapshot metadata that a timestamp proves to be served; None if it proves nothing.

    It proves something if the timestamp keys of custody's newest root have signed it. When it expires does not matter:
    what was served once was taken up.

    Args:
        timestamp: The content of timestamp.json.
        root: Custody's newest root metadata of the channel.

    Raises FormatError if it is not a timestamp.
    """
    metadata = parse_metadata(timestamp, Timestamp)
    try:
        root.verify_delegate("timestamp", metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError):
        return None
    return metadata.signed.snapshot_meta.version


def _channel_of(item: Item) -> str:
    channel, _, name = item.name.partition("/")
    if name != TIMESTAMP:
        raise BundleError(f"{item.name}: not a part of an acknowledgement")
    return check_channel(channel)
