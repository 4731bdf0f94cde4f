"""Finish a prepared release: take in signatures that were made elsewhere, check everything again, and serve it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pilookup import file_errors
from pilookup.custody import epochs
from pilookup.custody.key_places import read_key_places
from pilookup.custody.next_command import to_publish, with_home
from pilookup.custody.prepared import PreparedRelease, give_up, read_prepared, write_prepared
from pilookup.custody.publish.conclusion import holds_removed
from pilookup.custody.publish.outcome import Published
from pilookup.custody.publish.vault_state import vault_state
from pilookup.custody.role_state import state_of
from pilookup.custody.session import Session, signing_key_ids
from pilookup.errors import KeysElsewhereError, PublishError
from pilookup.keyring.key_ids import OFFLINE_ROLES
from pilookup.protocol.release import ROOT_LIFE, TARGETS_LIFE
from pilookup.signing.signature_file import SignatureFile
from pilookup.signing.signer import HeldKey, Signer, tuf_key_id
from pilookup.signing.unsigned import Missing, UnsignedRelease, at_hand

OLDEST = TARGETS_LIFE / 2
"""A release that was prepared longer ago is not served: its signatures would soon expire."""


def finish(session: Session, channel: str, files: Sequence[SignatureFile]) -> Published:
    """Sign the prepared release with the given signatures and the keys at hand, and serve it.

    Args:
        session: An unlocked HOME, with its online half.
        channel: The channel.
        files: Signature files of holders of keys, in any order.

    Raises:
        PublishError: Nothing is prepared, a signature is not one of this release, what it was prepared from has
            changed, something newer was signed, or a file is missing or cannot be written.
        KeysElsewhereError: Signatures are missing. The text says whose.
        KeyringError: A key is missing or altered.
        FormatError, TrustError: The served release is not valid.
        CustodyError: The control database failed.
    """
    with file_errors.failures_as(PublishError, session.home.online):
        session.repository(session.control.channel(channel).name).complete_root()
        prepared = read_prepared(session, channel)
        release = prepared.release
        if release is None:
            raise PublishError(f"channel {channel}: nothing is prepared; {to_publish(session.home, channel)}")
        _check_current(session, channel, release)
        _take_in(channel, release, files)
        unsigned = release.unsigned
        unsigned.sign(at_hand(*(session.signers_of(channel, root) for root in unsigned.roots())))
        if missing := unsigned.missing():
            raise _signatures_missing(session, channel, unsigned, missing)
        _timestamp_signers(session, channel, release)
        forget = holds_removed(session, channel, epochs.listed(session, channel))
        signed = replace(release, signed=True, forget=forget)
        write_prepared(session, channel, replace(prepared, release=signed))
        return _serve(session, channel, signed)


def _signatures_missing(
    session: Session, channel: str, unsigned: UnsignedRelease, missing: Sequence[Missing]
) -> KeysElsewhereError:
    """The error that says which roles are short by how many signatures, and which keys can give them."""
    places = read_key_places(session.home).places
    roots = {root.version: root for root in unsigned.roots()}
    states = [state_of(channel, each.role, roots[each.root_version], each.signed, places) for each in missing]
    texts = "; ".join(str(state) for state in states)
    again = with_home(session.home, f"pilookup publish {channel} --finish FILE --finish FILE")
    return KeysElsewhereError(
        f"{texts}; nothing was changed; have the request that was prepared last signed by these keys too, with: "
        f"pilookup keys sign, then run again, with all signature files: {again}",
        states,
        [again],
    )


def complete_signed(session: Session) -> None:
    """Serve the signed releases of which a killed `finish` did not serve all; raises as `finish`."""
    with file_errors.failures_as(PublishError, session.home.online):
        for channel in session.control.channels():
            release = read_prepared(session, channel.name).release
            if release is None or not release.signed:
                continue
            if session.repository(channel.name).served_versions()[1] > release.unsigned.snapshot.signed.version:
                give_up(session, channel.name)  # something newer was served: this record is of another time
            else:
                _serve(session, channel.name, release)


def _check_current(session: Session, channel: str, release: PreparedRelease) -> None:
    """Check that a prepared release is still what would be prepared now; raises PublishError."""
    again = to_publish(session.home, channel)
    if release.state != vault_state(session, channel):
        raise PublishError(f"channel {channel}: the vault has changed since the release was prepared; {again}")
    repository, unsigned = session.repository(channel), release.unsigned
    served = repository.served_versions()
    drafted = (unsigned.targets.signed.version, unsigned.snapshot.signed.version)
    if repository.root() != unsigned.trusted or any(now >= mine for now, mine in zip(served, drafted, strict=True)):
        raise PublishError(f"channel {channel}: something newer was signed since the release was prepared; {again}")
    listed = release.epochs()
    missing = [epoch.epoch for epoch in listed if not repository.holds(epoch)]
    if missing:
        raise PublishError(f"channel {channel}: files of epoch {missing[0]} are missing or altered; {again}")
    if _too_old(release, session.now) or listed[0].serves_until <= session.now:
        raise PublishError(f"channel {channel}: the release was prepared too long ago; {again}")
    epochs.check_key(session, epochs.current(session, channel))


def _too_old(release: PreparedRelease, now: datetime) -> bool:
    root = release.unsigned.root
    too_old = release.unsigned.targets.signed.expires - now < TARGETS_LIFE - OLDEST
    return too_old or (root is not None and root.signed.expires - now < ROOT_LIFE - OLDEST)


def _take_in(channel: str, release: PreparedRelease, files: Sequence[SignatureFile]) -> None:
    """Add the signatures of files to a release; raises PublishError for one that is not valid for it."""
    digests = release.unsigned.digests()
    for file in files:
        if file.channel != channel:
            raise PublishError(f"a signature file is for channel {file.channel}, not for {channel}")
        for made in file.signatures:
            name = f"the signature of key {made.key_id[:16]} for {made.role}"
            if digests.get(made.role) != made.sha256:
                raise PublishError(f"{name} is for another request than the one that was prepared last")
            if not release.unsigned.add(made.role, made.key_id, made.signature):
                raise PublishError(f"{name} is not valid, or the key may not sign it")


def _timestamp_signers(session: Session, channel: str, release: PreparedRelease) -> list[Signer]:
    """The timestamp keys at hand of all roots of a release; raises KeysElsewhereError without one of the newest."""
    found = [session.signers_of(channel, root)["timestamp"] for root in release.unsigned.roots()]
    if not found[-1]:
        replace_it = with_home(session.home, f"pilookup keys replace {channel} timestamp")
        text = f"channel {channel}: the online half does not hold the timestamp key of the root; run: {replace_it}"
        raise KeysElsewhereError(text)
    return list({tuf_key_id(signer): signer for signers in found for signer in signers}.values())


def _serve(session: Session, channel: str, release: PreparedRelease) -> Published:
    """Serve a signed release, record what it serves, and forget that it was prepared. Repeating it is harmless."""
    repository, unsigned = session.repository(channel), release.unsigned
    if repository.served_versions()[1] < unsigned.snapshot.signed.version:
        signers = _timestamp_signers(session, channel, release)
        repository.serve(unsigned, signers, session.now, forget=release.forget)
    elif unsigned.root is not None and unsigned.root.signed.version > repository.root().version:
        repository.write_root(unsigned.root)
    for each in release.built:
        session.control.mark_epoch_released(channel, each.epoch, each.serial, release.removals, each.slots)
    epochs.destroy_ended(session, channel)
    write_prepared(session, channel, replace(read_prepared(session, channel), release=None))
    _destroy_unlisted(session, channel)
    return Published.from_json(release.outcome)


def _destroy_unlisted(session: Session, channel: str) -> None:
    """Destroy the signing keys of both halves that the root does not list any more."""
    root = session.repository(channel).root()
    for role, listed in root.roles.items():
        keyring = session.keyring if role in OFFLINE_ROLES else session.online_keyring()
        for key_id in signing_key_ids(keyring, role, channel):
            if tuf_key_id(HeldKey(keyring.signing(key_id))) not in listed.keyids:
                keyring.destroy(key_id)
