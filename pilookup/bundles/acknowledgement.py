"""The bundle that goes back from a serving machine to custody: what was taken up, and the newest journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.bundles import evidence
from pilookup.bundles.evidence import Evidence, files_of, verify_evidence
from pilookup.bundles.header import Header, Item, Section, Sender
from pilookup.bundles.read import opened_bundle, read_small, skip
from pilookup.bundles.records import MACHINE, TRUST, read_taken_up, read_trust
from pilookup.bundles.report_files import REPORTS, reports_item
from pilookup.bundles.write import Advance, item_of, write_bundle
from pilookup.errors import BundleError
from pilookup.plain_file import read_plain


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
        BundleError: Nothing was taken up here, or a file cannot be written as `write_bundle`.
        TrustError, FormatError: A release here is not valid.
        OSError: A file cannot be read or written.
    """
    key = read_trust(online / TRUST)
    taken_up = read_taken_up(online, key) if key is not None else None
    if taken_up is None:
        raise BundleError(f"{online}: no bundle was imported here; there is nothing to acknowledge")
    sources: dict[Item, Path | bytes] = {
        item_of(evidence.SECTION, name, path): path for name, path in files_of(online).items()
    }
    reports = reports_item(online)
    sources |= reports
    header = Header(
        sender=Sender.ONLINE,
        number=taken_up.number,
        created=now,
        machine=read_plain(online / MACHINE, 64).decode("ascii"),
        sections=(
            Section(evidence.SECTION, critical=True),
            *([Section(REPORTS, critical=False)] if reports else []),
        ),
        items=tuple(sources),
        channels=(),
        journal=taken_up.journal,
    )
    return taken_up, write_bundle(out, header, sources, None, piece_size=piece_size, on_progress=on_progress)


def read_acknowledgement(
    paths: Sequence[Path], key: Ed25519PublicKey, roots: Mapping[str, Mapping[int, bytes]]
) -> tuple[str, Evidence]:
    """Read and verify the bundle of a serving machine.

    Args:
        paths: The bundle, as `open_stream` finds it.
        key: The public journal key of the custody half.
        roots: The versions of the root metadata of each channel, as custody has them.

    Returns:
        The id of the serving machine, and what it holds.

    Raises:
        BundleError: It is damaged, comes from custody, or is of another HOME.
        TrustError, FormatError: Something in it is not valid.
        OSError: A file cannot be read.
    """
    with opened_bundle(paths) as bundle:
        bundle.verify(Sender.ONLINE, key)
        bundle.header.check_sections(frozenset({evidence.SECTION}))
        files = {}
        for item, chunks in bundle.items():
            if item.section == evidence.SECTION:
                files[item.name] = read_small(chunks, item, evidence.limit(item.name))
            else:
                skip(chunks)
    found = verify_evidence(files, key, roots)
    if not bundle.header.machine or found.taken_up is None:
        raise BundleError("it does not say which machine took up what")
    return bundle.header.machine, found
