"""A signing request in words, from the bytes that are to be signed and from the release that is served.

Each line says why it can be believed. Without a root that the holder has by another way, everything but the bytes that
are signed is a claim of whoever made the request: which keys may sign, and what is served. That a release is the newest
is a claim in any case.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from tuf.api.metadata import Root

from pilookup.protocol.cases import CASES_FILE
from pilookup.protocol.encoding import time_text
from pilookup.protocol.manifest import Case, Manifest
from pilookup.protocol.release import MANIFEST, is_sandbox, target_name
from pilookup.signing.request import DescribedRelease, SigningRequest

_KEY_CHARACTERS = 16


class Basis(StrEnum):
    """Why a line of a summary can be believed."""

    SIGNED = "signed"
    VERIFIED = "verified"
    CLAIMED = "claimed"


LEGEND: Final = (
    "signed: is in the bytes that are signed. verified: follows from the root given with --trust. claimed: only this "
    "request says so, and whoever made it may have made it up"
)


def summary(request: SigningRequest, *, pinned: bool) -> list[str]:
    """What signing does, a sentence a line: versions, epochs, counts, changes, dates, keys and thresholds.

    Args:
        request: The request.
        pinned: Whether its trusted root was verified from one that the reader has by another way.

    Returns:
        The lines, each with its `Basis` in front.
    """
    return [f"{basis}: {text}" for basis, text in _lines(request, Basis.VERIFIED if pinned else Basis.CLAIMED)]


def _lines(request: SigningRequest, trusted: Basis) -> Iterator[tuple[Basis, str]]:
    """The lines; `trusted` is the basis of what follows from the trusted root."""
    unsigned = request.unsigned
    targets, snapshot = unsigned.targets.signed, unsigned.snapshot.signed
    roots = f", root version {unsigned.root.signed.version}" if unsigned.root else ""
    versions = f"targets version {targets.version}, snapshot version {snapshot.version}{roots}"
    yield Basis.SIGNED, f"channel {request.channel}: {versions}"
    if is_sandbox(unsigned.trusted):
        yield trusted, "a sandbox: its data are not real, and clients refuse it"
    for at in range(len(request.release.epochs)):
        yield Basis.SIGNED, _epoch(request.release, at)
    yield from _changes(request.release, request.served, trusted)
    yield Basis.SIGNED, f"targets expire {time_text(targets.expires)}, snapshot {time_text(snapshot.expires)}"
    if unsigned.root is not None:
        root = unsigned.root.signed
        yield Basis.SIGNED, f"root version {root.version} expires {time_text(root.expires)}"
        for line in _root_lines(unsigned.trusted, root):
            yield trusted, line
    for each in unsigned.missing():
        keys = ", ".join(key_name(key) for key in each.keys)
        text = f"{each.role} (root version {each.root_version}): {each.threshold} of {len(each.keys)} keys sign: {keys}"
        yield trusted if each.root_version == unsigned.trusted.version else Basis.SIGNED, text
    for role, digest in unsigned.digests().items():
        yield Basis.SIGNED, f"{role}: SHA-256 of what is signed {digest}"


def unpinned(request: SigningRequest) -> list[str]:
    """What a holder must compare where nothing but the request says which root is trusted, a sentence a line."""
    trusted = request.unsigned.trusted
    warning = (
        "WARNING: only this request says which root is trusted. Give --trust FILE, a root that you have by another "
        "way, or compare each key with your own record. Do not sign if one is not yours or a colleague's"
    )
    roles = (
        f"claimed: trusted root version {trusted.version}, {name}: {role.threshold} of {', '.join(role.keyids)}"
        for name, role in trusted.roles.items()
    )
    return [warning, *roles]


def key_name(key_id: str) -> str:
    """A key id as people compare it: its first 16 characters."""
    return key_id[:_KEY_CHARACTERS]


def _epoch(release: DescribedRelease, at: int) -> str:
    epoch, manifest = release.epochs[at], release.manifests[at]
    custom = release.targets.targets[target_name(epoch.epoch, MANIFEST)].custom or {}
    rotates = f", followed by the next epoch from {custom['rotates_on']} on" if "rotates_on" in custom else ""
    audit = f"; head of the audit log: {custom['audit']}" if "audit" in custom else ""
    return (
        f"epoch {epoch.epoch}: serial {manifest.serial} of {time_text(manifest.created)}, {_count(manifest.entries)} "
        f"from {len(manifest.datasets)} datasets, profile {manifest.profile}, served until "
        f"{time_text(epoch.serves_until)}{rotates}{audit}"
    )


def _count(entries: int) -> str:
    return f"{entries:,} {'entry' if entries == 1 else 'entries'}"


def _changes(release: DescribedRelease, served: DescribedRelease | None, trusted: Basis) -> Iterator[tuple[Basis, str]]:
    """What the release changes against the one that the request calls the served one."""
    if served is None:
        yield Basis.CLAIMED, "nothing is served yet: this is the first release of the channel"
        return
    before = served.manifests[0]
    where = f"targets version {served.targets.version}, epoch {before.epoch}, serial {before.serial}"
    yield trusted, f"an earlier release is of {time_text(before.created)}: {where}; what changes against it:"
    yield Basis.CLAIMED, "the earlier release is the one that is served now; compare its date with your record"
    for line in _change_lines(release, served):
        yield trusted, line


def _change_lines(release: DescribedRelease, served: DescribedRelease) -> Iterator[str]:
    before, after = served.manifests[0], release.manifests[0]
    if [each.serial for each in served.manifests] == [each.serial for each in release.manifests]:
        yield "the content stays as it is; the dates are new"
    else:
        yield f"entries: {before.entries:,} before, {after.entries:,} after ({after.entries - before.entries:+,})"
    yield from _case_lines(before, after)
    numbers = {each.epoch for each in release.epochs}
    for epoch in served.epochs:
        if epoch.epoch not in numbers:
            yield f"epoch {epoch.epoch} ends: this release does not serve it any more"
    if after.epoch > before.epoch:
        yield f"epoch {after.epoch} is new"


def _case_lines(before: Manifest, after: Manifest) -> Iterator[str]:
    if before.files.get(CASES_FILE) != after.files.get(CASES_FILE):
        yield f"further texts of the cases ({CASES_FILE}) change"
    old, new = ({case.id: case for case in manifest.datasets} for manifest in (before, after))
    for number, case in new.items():
        if number not in old:
            yield f"dataset {number} is added: {_title(case)}"
        elif old[number] != case:
            yield f"dataset {number} is described in other words: {_title(case)}"
    for number, case in old.items():
        if number not in new:
            yield f"dataset {number} is removed: {_title(case)}"


def _title(case: Case) -> str:
    titles = case.title_zh if case.title_zh == case.title_en else f"{case.title_zh} / {case.title_en}"
    return f"{titles} ({case.kind})"


def _root_lines(trusted: Root, root: Root) -> Iterator[str]:
    """What a root changes against the trusted one."""
    changed = False
    for name, role in root.roles.items():
        known = trusted.roles[name]
        for key_id in known.keyids:
            if key_id not in role.keyids:
                changed = True
                yield f"{name}: the key {key_name(key_id)} loses its right to sign"
        for key_id in role.keyids:
            if key_id not in known.keyids:
                changed = True
                yield f"{name}: the key {key_name(key_id)} gets the right to sign"
        if role.threshold != known.threshold:
            changed = True
            yield f"{name}: {role.threshold} signatures are required, {known.threshold} before"
    if not changed:
        against = f"the trusted root of this request, version {trusted.version}"
        yield f"no key gets or loses a right against {against}; only the root's dates are new"
