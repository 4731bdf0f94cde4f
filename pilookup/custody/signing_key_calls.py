"""Signing keys and their holders: one part of the API of the police side."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tuf.api.metadata import Root

from pilookup import file_errors
from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import DEFAULT_MEMORY
from pilookup.custody import signing_keys as key_work
from pilookup.custody.key_places import Place
from pilookup.custody.next_command import to_publish
from pilookup.custody.open_home import OpenHome
from pilookup.custody.passphrase_type import Passphrase, passphrase_bytes
from pilookup.custody.publish import finish as finishing
from pilookup.custody.publish import publish as publishing
from pilookup.custody.publish.outcome import PreparedOutcome, Published
from pilookup.custody.release_facts import expire, ignore_progress, prepared_facts, release_facts
from pilookup.custody.session import Session
from pilookup.custody.signing_keys import RoleKeys, SigningKey
from pilookup.errors import CustodyError, PublishError
from pilookup.keyring.passphrase_rules import check_length
from pilookup.signing.sealed_key import FileSigner
from pilookup.signing.signer import Signer


class SigningKeyCalls(OpenHome):
    """What an officer does with signing keys. `Custody` has these methods."""

    def signing_keys(self) -> list[RoleKeys]:
        """List the signing keys of each channel and role, and where each one is.

        Raises:
            PublishError: HOME was opened without the online half.
            KeyringError: a key file is missing or altered.
            CustodyError: the control database, or the record of places, cannot be read.
            TrustError, FormatError: root metadata are not valid.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        with file_errors.failures_as(PublishError, session.home.channels):
            return key_work.list_keys(session)

    def move_key(self, name: str, path: str | Path, *, passphrase: Passphrase) -> SigningKey:
        """Seal a signing key to a file under its holder's own passphrase, check it there, and destroy it here.

        Repeating it after an error or a kill completes it, with the same passphrase.

        Args:
            name: the key id in the custody half, such as `root-public-2`.
            path: the file, on a medium of the holder.
            passphrase: of the holder, 16 characters or more.

        Raises:
            KeyringError: the passphrase is too short, or does not open a file that is there; or the file cannot be
                written or read back (a full medium), or the key here cannot be destroyed.
            CustodyError: there is no such key here, the file would be inside HOME, or the record of places cannot be
                written.
            TrustError, FormatError: root metadata are not valid.
            RuntimeError: this HOME was closed.
        """
        session = self._session()

        def checked() -> bytes:
            given = passphrase_bytes(passphrase)
            check_length(f"the key {name}", given)
            return given

        with self._audit.recorded("keys move", key=name), file_errors.failures_as(PublishError, session.home.channels):
            return key_work.move_key(session, name, Path(path), checked)

    def replace_key(
        self,
        channel: str,
        role: str,
        key: str | None = None,
        *,
        new: Signer | None = None,
        new_name: str = "",
        prepare: bool = False,
        memory: int = DEFAULT_MEMORY,
        on_progress: Progress | None = None,
    ) -> PreparedOutcome | Published:
        """Replace a signing key by a release with a new root, which bears a threshold of the old and new root keys.

        The channel is published with it. Where the new root is served, the old key is destroyed if it is here.

        Args:
            channel: `public` or `platform`.
            role: `root`, `targets`, `snapshot` or `timestamp`.
            key: the name of the key that is replaced, or the beginning of its id; may be left out if the role has one.
            new: a key that is elsewhere, to take its place; by default one is made here.
            new_name: what `signing_keys` calls `new`.
            prepare: write a signing request instead of serving, because keys are elsewhere; `finish` ends it.
            memory: as `publish`.
            on_progress: as `publish`.

        Raises:
            KeysElsewhereError: fewer keys are at hand than the new root or the release needs; nothing was changed.
            CustodyError: no key is meant, the channel was never published, or `new` is in use.
            ValueError: there is no such role.

        Everything else is raised as by `publish`.
        """
        session = self._publishing_session()
        session.control.channel(channel)
        if role not in ("root", "targets", "snapshot", "timestamp"):
            raise ValueError(f"{role}: not root, targets, snapshot or timestamp")
        with self._audit.recorded("keys replace", channel=channel, role=role, prepare=prepare) as entry:
            with file_errors.failures_as(PublishError, session.home.online):
                change = self._replacement(session, channel, role, key, new, new_name, at_hand=not prepare)
            expired = expire(session, entry)
            prepared = publishing.prepare(
                replace(session, audit_head=entry.head),
                channel,
                on_progress or ignore_progress,
                root=change,
                bloom=publishing.has_bloom(session, channel),
                executor=self._workers,
                memory=memory,
            )
            if prepare:
                entry.outcome(**prepared_facts(prepared))
                return replace(prepared, published=replace(prepared.published, expired=expired))
            done = finishing.finish(session, channel, ())
            entry.outcome(**release_facts(session, done))
        return replace(done, expired=expired)

    def _replacement(
        self,
        session: Session,
        channel: str,
        role: str,
        key: str | None,
        new: Signer | None,
        name: str,
        *,
        at_hand: bool,
    ) -> Callable[[Root], Root]:
        """The change of the root; makes the new key unless it is given. Raises as `replace_key`."""
        repository = session.repository(session.control.channel(channel).name)
        if not repository.listed():
            raise CustodyError(f"channel {channel} was never published; {to_publish(session.home, channel)}")
        old = key_work.key_to_replace(session, channel, role, key)
        public = key_work.new_key(session, channel, role) if new is None else new.public_key()
        change = key_work.replacement(role, old, public)
        root = change(repository.following(repository.root(), session.now))
        if at_hand:
            key_work.check_at_hand(session, channel, root)
        if new is not None:
            place = Place.FILE if isinstance(new, FileSigner) else Place.DEVICE
            key_work.record_place(session, public, name, place)
        return change
