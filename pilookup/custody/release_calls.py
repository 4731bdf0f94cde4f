"""Publishing: one part of the API of the police side."""

from collections.abc import Iterable
from dataclasses import replace

from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import DEFAULT_MEMORY
from pilookup.custody.open_home import OpenHome
from pilookup.custody.publish import finish as finishing
from pilookup.custody.publish import publish as publishing
from pilookup.custody.publish.outcome import PreparedOutcome, Published
from pilookup.custody.release_facts import expire, ignore_progress, prepared_facts, release_facts
from pilookup.signing.signature_file import SignatureFile


class ReleaseCalls(OpenHome):
    """What an officer does with releases. `Custody` has these methods."""

    def publish(
        self,
        channel: str,
        *,
        bloom: bool = False,
        memory: int = DEFAULT_MEMORY,
        on_progress: Progress | None = None,
    ) -> Published:
        """Make and sign a channel's snapshot of the current vault, and serve it.

        A vault that has not changed keeps its files and serial and renews its signatures. An epoch whose buckets are
        full, or that is 180 days old (on `platform`: 166), is followed by a new one.

        Args:
            channel: `public` or `platform`.
            bloom: also make Bloom filters.
            memory: bytes that the tasks of one process share.
            on_progress: called with (steps done, steps in all, entries so far).

        Raises:
            KeysElsewhereError: fewer signing keys are at hand than the release needs; nothing was changed. Use
                `prepare` and `finish`.
            PublishError: HOME was opened without the online half, there is no such channel, a file cannot be read or
                written (a full disk), or the snapshot failed its own checks.
            KeyringError: a key is missing or altered, or cannot be written or destroyed.
            VaultError: a shard is missing or altered.
            CustodyError: the control database failed.
            FormatError, TrustError: the served release or one of its files is not valid.
            MissingExtraError: Bloom filters need an extra that is not installed.
            ComputeError: the cluster failed.
            RuntimeError: this HOME was closed.

        What `on_progress` raises is raised unchanged. After an error, either the release that was served before is
        served, or the new one completely; call it again.
        """
        session = self._publishing_session()
        session.control.channel(channel)
        with self._audit.recorded("publish", channel=channel, bloom=bloom) as entry:
            expired = expire(session, entry)
            signing = replace(session, audit_head=entry.head)
            done = publishing.publish(
                signing, channel, on_progress or ignore_progress, bloom=bloom, executor=self._workers, memory=memory
            )
            entry.outcome(**release_facts(session, done))
        return replace(done, expired=expired)

    def prepare(
        self,
        channel: str,
        *,
        bloom: bool = False,
        memory: int = DEFAULT_MEMORY,
        on_progress: Progress | None = None,
    ) -> PreparedOutcome:
        """Build a channel's release and write a signing request, for keys that are elsewhere.

        What is served does not change. A release that was prepared before is given up.

        Args:
            channel: `public` or `platform`.
            bloom: as `publish`.
            memory: as `publish`.
            on_progress: as `publish`.

        Raises as `publish`, apart from KeysElsewhereError.
        """
        session = self._publishing_session()
        session.control.channel(channel)
        with self._audit.recorded("publish prepare", channel=channel, bloom=bloom) as entry:
            expired = expire(session, entry)
            signing = replace(session, audit_head=entry.head)
            done = publishing.prepare(
                signing, channel, on_progress or ignore_progress, bloom=bloom, executor=self._workers, memory=memory
            )
            entry.outcome(**prepared_facts(done))
        return replace(done, published=replace(done.published, expired=expired))

    def finish(self, channel: str, signatures: Iterable[bytes]) -> Published:
        """Serve the release that was prepared last, with signatures that holders of keys have made.

        Args:
            channel: `public` or `platform`.
            signatures: the contents of signature files, in any order.

        Raises:
            PublishError: nothing is prepared, a signature is not valid for it, the vault has changed since, something
                newer was signed, or a file is missing or cannot be written. Nothing was changed.
            KeysElsewhereError: signatures are missing; the text names the role and the keys. Nothing was changed.
            FormatError: a signature file is malformed, or the served release is not valid.
            KeyringError, CustodyError, TrustError: as `publish`.
            RuntimeError: this HOME was closed.
        """
        files = [SignatureFile.from_bytes(data) for data in signatures]
        session = self._publishing_session()
        session.control.channel(channel)
        with self._audit.recorded("publish finish", channel=channel, files=len(files)) as entry:
            done = finishing.finish(session, channel, files)
            entry.outcome(**release_facts(session, done))
        return done

    def rotate(
        self,
        channel: str,
        *,
        compromised: bool = False,
        bloom: bool = False,
        memory: int = DEFAULT_MEMORY,
        on_progress: Progress | None = None,
    ) -> Published:
        """Begin a new epoch under a new key and publish it.

        The epoch before it is served for 72 hours at most, on `platform` for 14 days. The numbers are not needed again.

        Args:
            channel: `public` or `platform`.
            compromised: somebody may have a key of this channel: the epochs served so far end at once.
            bloom: as `publish`.
            memory: as `publish`.
            on_progress: as `publish`.

        Raises:
            KeysElsewhereError: as `publish`; but the new epoch has begun. Use `prepare` and `finish`.
            PublishError: as `publish`; also if two epochs are served, unless `compromised`. The text says from when a
                further rotation is possible.
            KeyringError, VaultError, CustodyError, FormatError, TrustError, MissingExtraError, ComputeError,
                RuntimeError: as `publish`.
        """
        session = self._publishing_session()
        session.control.channel(channel)
        with self._audit.recorded("rotate", channel=channel, compromised=compromised, bloom=bloom) as entry:
            expired = expire(session, entry)
            done = publishing.rotate(
                replace(session, audit_head=entry.head),
                channel,
                on_progress or ignore_progress,
                compromised=compromised,
                bloom=bloom,
                executor=self._workers,
                memory=memory,
            )
            entry.outcome(**release_facts(session, done))
        return replace(done, expired=expired)
