"""What becomes of a release whose files are in place: it is signed and served at once, or prepared for signing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tuf.api.metadata import Metadata, Root

from pilookup.custody import epochs
from pilookup.custody.prepared import Prepared, PreparedRelease, discard, read_prepared, write_prepared
from pilookup.custody.publish.epoch_release import EpochBuilder
from pilookup.custody.publish.outcome import PreparedOutcome, Published, ReplacedKey
from pilookup.custody.publish.vault_state import vault_state
from pilookup.custody.session import Session
from pilookup.plain_file import read_whole
from pilookup.protocol.release import MANIFEST, ROOT, ServedEpoch
from pilookup.signing.request import read_request, write_request
from pilookup.signing.summary import summary
from pilookup.signing.unsigned import UnsignedRelease, at_hand


@dataclass(frozen=True, slots=True)
class BuiltRelease:
    """The epochs of a release, newest first, before their metadata are signed.

    listed: the epochs of the served release, by number. rotated: whether a new epoch began.
    """

    channel: str
    builder: EpochBuilder
    epochs: tuple[ServedEpoch, ...]
    listed: Mapping[int, ServedEpoch]
    rotated: bool

    def in_service(self, now: datetime) -> list[int]:
        """The numbers of the served epochs whose signed time is not over."""
        return [number for number, epoch in self.listed.items() if epoch.serves_until > now]

    def outcome(self, now: datetime) -> Published:
        """What publishing the release does."""
        manifest = self.builder.manifest(self.epochs[0])
        return Published(
            channel=self.channel,
            epoch=manifest.epoch,
            serial=manifest.serial,
            entries=manifest.entries,
            changed=self.builder.changed,
            rotated=self.rotated,
            bytes=sum(ref.size for ref in self.epochs[0].files.values()),
            ended=self.builder.ended(self.in_service(now)),
        )


def serve_now(session: Session, built: BuiltRelease) -> Published:
    """Sign one release of all served epochs with the keys at hand, and serve it.

    Raises:
        KeysElsewhereError: There are too few.

    Everything else is raised as by `publish`.
    """
    repository, signers = session.repository(built.channel), session.signers(built.channel)
    outcome = built.outcome(session.now)
    discard(session, built.channel, built.epochs)
    used = read_prepared(session, built.channel).used
    root = repository.next_root(session.now)
    if root is not None and len(signers["root"]) >= root.roles["root"].threshold:
        repository.renew_root(Metadata(root), signers["root"])
        outcome = replace(outcome, root=root.version)
    draft = repository.draft(built.epochs, session.now, None, used, session.audit_head)
    draft.sign(at_hand(signers))
    forget = holds_removed(session, built.channel, built.listed)
    repository.serve(draft, signers["timestamp"], session.now, forget=forget)
    built.builder.mark_released()
    epochs.destroy_ended(session, built.channel)
    return outcome


def prepare_signing(
    session: Session, built: BuiltRelease, change: Callable[[Root], Root] | None = None
) -> PreparedOutcome:
    """Draft a release, record it in place of one that was prepared before, and write its signing request.

    Args:
        session: An unlocked HOME, with its online half.
        built: The release.
        change: As `root` of `prepare`.

    Raises as `publish`.
    """
    repository = session.repository(built.channel)
    discard(session, built.channel, built.epochs)
    used = read_prepared(session, built.channel).used
    root = repository.next_root(session.now)
    if change is not None:
        root = change(root or repository.following(repository.root(), session.now))
    draft = repository.draft(built.epochs, session.now, root, used, session.audit_head)
    outcome = built.outcome(session.now)
    if root is not None:
        outcome = replace(outcome, root=root.version, replaced=replaced_keys(repository.root(), root))
    request = _request(session, built, draft)
    release = PreparedRelease(
        unsigned=draft,
        built=built.builder.records(),
        removals=built.builder.removals,
        state=vault_state(session, built.channel),
        forget=False,
        outcome=outcome.to_json(),
    )
    versions = {"targets": draft.targets.signed.version, "snapshot": draft.snapshot.signed.version}
    write_prepared(session, built.channel, Prepared(versions, release))
    return PreparedOutcome(built.channel, request, tuple(summary(read_request(request), pinned=True)), outcome)


def replaced_keys(old: Root, new: Root) -> tuple[ReplacedKey, ...]:
    """The keys that a root lists in the place of those of the root before it, by role."""
    found = []
    for role, known in new.roles.items():
        before = old.roles[role].keyids
        gone = [key_id for key_id in before if key_id not in known.keyids]
        came = [key_id for key_id in known.keyids if key_id not in before]
        found += [ReplacedKey(role, *pair) for pair in zip(gone, came, strict=True)]
    return tuple(found)


def holds_removed(session: Session, channel: str, listed: Collection[int]) -> bool:
    """Whether something was removed from the vault since an epoch of the served release was built."""
    removals = session.control.removals()
    known = {epoch.number: epoch for epoch in session.control.epochs(channel)}
    return any(number not in known or known[number].removals_seen != removals for number in listed)


def _request(session: Session, built: BuiltRelease, draft: UnsignedRelease) -> bytes:
    repository = session.repository(built.channel)
    manifests = [read_whole(repository.targets / epoch.path(MANIFEST)) for epoch in built.epochs]
    sign = {role: metadata.to_bytes() for role, metadata in draft.metadata().items()}
    parts = (built.channel, repository.read(ROOT), sign, manifests, repository.served_targets())
    described = summary(read_request(write_request(*parts, [])), pinned=False)
    return write_request(*parts, described)
