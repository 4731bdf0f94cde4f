"""`Mirror`: a local copy of a channel's release, for clients on this machine.

The HTTP client and TUF are imported when a mirror is used, so that `import pilookup` stays light.
"""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilookup.errors import FormatError, MirrorError, TrustError
from pilookup.protocol.names import check_channel, check_serial

if TYPE_CHECKING:
    from pilookup.checking.mirror.directory import MirrorDirectory, Synced
    from pilookup.checking.mirror.sync import SyncJob, SyncOutcome
    from pilookup.checking.requests import Endpoint
    from pilookup.checking.transport import Http

MAX_AGE: Final = 24 * 3600.0
"""Seconds after a sync up to which clients answer from a mirror, unless another time is given."""


class Mirror:
    """A directory with a verified copy of a channel's release.

    `sync` brings it up to date, and `Client(..., mirror=directory)` answers from it. What it says about itself is read
    from its directory each time, so another process may sync it.
    """

    def __init__(self, directory: str | Path) -> None:
        """Use a directory. It need not exist before the first sync."""
        self._path = Path(directory)

    def sync(
        self,
        url: str,
        *,
        channel: str,
        trust: str | Path | bytes,
        token: str | None = None,
        credentials: tuple[str, str] | None = None,
        at_least: int | None = None,
        filters: bool = False,
        metrics: str | Path | None = None,
        timeout: float = 60.0,
        insecure: bool = False,
        sandbox: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> "SyncOutcome":
        """Bring the mirror up to date with a host. Readers find the former release or the new one, whole.

        Args:
            url: the host's base URL, https:// (http:// to this machine only).
            channel: the channel.
            trust: the channel's root to pin, as the path of a trust file or its bytes.
            token: a bearer token of the host. The evaluator's key belongs to the evaluator alone.
            credentials: a user and a password of the host, for basic authentication in place of a token.
            at_least: the lowest serial that counts as a success, such as that of a notice.
            filters: whether filters are fetched.
            metrics: a file to replace by readings in the Prometheus exposition format, also when the sync fails.
            timeout: seconds that the metadata, and each part of a file (4 MiB), may take.
            insecure: whether http:// is allowed to other hosts than this machine.
            sandbox: whether the channel is that of a sandbox, as for `Client`.
            on_progress: called with (bytes in place, bytes of the release).

        Raises:
            MirrorError: the mirror is as it was. What was fetched is kept, and the next sync goes on from there.
            TrustError: the root or the directory cannot be used.
            ValueError: an argument is not valid. A channel's name raises the subclass FormatError.
            OSError: the file of metrics cannot be written.
        """
        from pilookup.checking.mirror.metrics import Reading  # noqa: PLC0415 - see the module's docstring
        from pilookup.checking.mirror.sync import SyncJob  # noqa: PLC0415
        from pilookup.checking.requests import check_url  # noqa: PLC0415
        from pilookup.checking.transport import Http  # noqa: PLC0415
        from pilookup.checking.trust import read_root  # noqa: PLC0415

        if not timeout > 0:
            raise ValueError("timeout: must be above 0")
        if at_least is not None:
            check_serial(at_least)
        endpoint = _endpoint(check_url(url, insecure=insecure), check_channel(channel), token, credentials)
        root, report = read_root(trust, sandbox=sandbox), on_progress or (lambda *_: None)
        job = SyncJob(root, at_least, filters, timeout, report, sandbox)
        try:
            outcome = self._sync(Http(endpoint), job)
        except (MirrorError, TrustError):
            if metrics is not None:
                Reading(channel, success=False, synced=self._directory.synced()).write(Path(metrics))
            raise
        if metrics is not None:
            synced = self._directory.synced()
            Reading(channel, True, synced, outcome.fetched, outcome.size).write(Path(metrics))
        return outcome

    @property
    def _directory(self) -> "MirrorDirectory":
        from pilookup.checking.mirror.directory import MirrorDirectory  # noqa: PLC0415 - see the module's docstring

        return MirrorDirectory(self._path)

    def _sync(self, http: "Http", job: "SyncJob") -> "SyncOutcome":
        from pilookup.checking.mirror.sync import Sync  # noqa: PLC0415 - see the module's docstring

        try:
            with self._directory.lock():
                return Sync(self._directory, http, job).run()
        finally:
            http.close()

    @property
    def serial(self) -> int | None:
        """The serial of the release, or None before the first sync."""
        synced = self._synced()
        return synced.serial if synced else None

    @property
    def epoch(self) -> int | None:
        """The newest epoch of the release, or None before the first sync."""
        synced = self._synced()
        return synced.epoch if synced else None

    @property
    def age(self) -> float | None:
        """Seconds since the last sync verified the host's metadata, or None before the first sync.

        It is below 0 if the clock was set back since.
        """
        synced = self._synced()
        return synced.age if synced else None

    def is_stale(self, max_age: float = MAX_AGE) -> bool:
        """Whether clients do not answer from the mirror: it is older than `max_age` seconds, empty, or has expired."""
        synced = self._synced()
        return synced is None or synced.fault(max_age) is not None

    def _synced(self) -> "Synced | None":
        from pilookup.checking.mirror.directory import read_synced  # noqa: PLC0415 - see the module's docstring

        try:
            return read_synced(self._path)
        except (FormatError, FileNotFoundError):
            return None


def _endpoint(base: str, channel: str, token: str | None, credentials: tuple[str, str] | None) -> "Endpoint":
    """Make the host's endpoint; raises ValueError for credentials that no header can carry."""
    from pilookup.checking.requests import Endpoint  # noqa: PLC0415 - see the module's docstring

    if token is not None and credentials is not None:
        raise ValueError("token: a host takes a token or credentials, not both")
    if credentials is not None:
        user, password = credentials
        if ":" in user or not all(one.isprintable() for one in credentials):
            raise ValueError("credentials: a user has no colon, and neither has control characters")
        return Endpoint(base, channel, b64encode(f"{user}:{password}".encode()).decode(), basic=True)
    if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("token: not a bearer token")
    return Endpoint(base, channel, token)
