"""What the blocking and the asynchronous client share: arguments, and one channel's trust, cache and checker.

The HTTP client and TUF are imported when a client is made, so that `import pilookup` stays light.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pilookup.checking.bucket_cache import DEFAULT_BYTES, BucketCache
from pilookup.checking.check import Checker, Fetch, Steps, TrustedSnapshot
from pilookup.checking.deadline import Deadline
from pilookup.checking.result import Failure, Reason, Result
from pilookup.errors import FormatError
from pilookup.identifier import is_region
from pilookup.protocol.cases import CASES_FILE, MAX_CASES_BYTES, CaseDetails, cases_from_bytes
from pilookup.protocol.manifest import Case, FileRef, Manifest
from pilookup.protocol.names import PUBLIC, check_channel
from pilookup.protocol.proof_of_work import Challenge
from pilookup.protocol.quota_report import PURPOSES

if TYPE_CHECKING:
    from pilookup.checking.mirror.source import MirrorSource
    from pilookup.checking.requests import Call
    from pilookup.checking.trust import Trust

MAX_LOST_BUCKETS = 3
"""Number of consecutive buckets that could not be fetched after which a fetch is abandoned."""

DAY = 24 * 3600.0
"""Seconds after a sync up to which a mirror is used, by default."""

MAX_TIMEOUT = 1_000_000
"""The longest timeout, in seconds: operating systems take no time without bounds."""


class BaseClient:
    """What both clients share: the constructor, and one channel's trust, cache and checker."""

    def __init__(
        self,
        url: str,
        channel: str = PUBLIC,
        trust: str | Path | bytes | None = None,
        state_dir: str | Path | None = None,
        *,
        token: str | None = None,
        timeout: float = 10.0,
        cache_bytes: int = DEFAULT_BYTES,
        region: str = "CN",
        insecure: bool = False,
        sandbox: bool = False,
        mirror: str | Path | None = None,
        max_age: float = DAY,
        mirror_or_network: bool = False,
        purpose: str | None = None,
    ) -> None:
        """Make a client of one channel. Nothing is sent before the first check.

        Args:
            url: the server's base URL, https:// (http:// to this machine only).
            channel: the channel to check, `public` or `platform`.
            trust: the channel's root to pin, as the path of a trust file or its bytes. Without it, the root of the
                first contact is remembered, with a `TrustOnFirstUse` warning.
            state_dir: directory of what must outlive the process to detect a rollback; processes may share it. Default:
                `$XDG_STATE_HOME/pilookup`.
            token: the bearer token of a closed channel.
            timeout: seconds that one call of `check` or `check_many` may take, with everything it does: waiting for
                locks, name look-ups, TLS, each byte of each answer, retries and proof of work.
            cache_bytes: bytes of verified buckets to keep in memory.
            region: where numbers without a country code are from (ISO 3166-1 alpha-2).
            insecure: whether http:// is allowed to other hosts than this machine.
            sandbox: whether the channel is that of a sandbox. The root of a sandbox is refused without it, and every
                other root with it.
            mirror: a directory that `pilookup sync` keeps up to date. Buckets then come from there, and the server at
                `url` is asked for evaluations alone. `trust` must be given.
            max_age: seconds after a sync up to which the mirror is used. After that, answers are `unknown (stale)`.
            mirror_or_network: whether a mirror that is missing, too old or damaged is replaced by the server at `url`,
                which then learns the bucket of each check.
            purpose: which quota of the platform is charged, `signup` or `screening`. Without it, the server decides by
                the size of each request.

        Raises:
            ValueError: an argument, or the proxy that the environment names, is not valid. A channel's name raises the
                subclass FormatError.
            TrustError: the root or the state directory cannot be used, or the root is that of a sandbox and `sandbox`
                is False, or the other way round.
            MissingExtraError: the environment names a SOCKS proxy, and the extra `socks` is not installed.
        """
        from pilookup.checking import requests, state, transport  # noqa: PLC0415 - see the module's docstring
        from pilookup.checking.trust import Trust, read_root  # noqa: PLC0415

        self._region = check_region(region)
        self._timeout = check_timeout(timeout)
        base = requests.check_url(url, insecure=insecure)
        self._endpoint = requests.Endpoint(
            base, check_channel(channel), _check_token(token), purpose=_check_purpose(purpose)
        )
        cache = BucketCache(cache_bytes if mirror is None else 0)  # each look-up in a mirror verifies its bucket
        self._checker = Checker(channel, cache)
        root = None if trust is None else read_root(trust, sandbox=sandbox)
        self._http = transport.Http(self._endpoint)
        self._mirror: MirrorSource | None = None
        network: Trust | None = None
        if mirror is None or mirror_or_network:
            folder = state.default_directory() if state_dir is None else Path(state_dir)
            network = Trust(self._http, state.State(folder, base, channel), root, sandbox=sandbox)
        if mirror is not None:
            self._mirror = _mirror_source(Path(mirror), channel, root, max_age, network, sandbox=sandbox)
        self._trust: Trust | MirrorSource = self._mirror or cast("Trust", network)
        self._closed = False
        self._kept_details: tuple[str, Mapping[int, CaseDetails]] | None = None
        self._prepare()

    def _prepare(self) -> None:
        """Make what a subclass needs in addition; called at the end of the constructor, which both clients share."""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the newest trusted snapshot, or None before the first check."""
        current = self._trust.current
        return current.manifest if current else None

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The datasets of the newest trusted snapshot, or an empty tuple before the first check."""
        return self.manifest.datasets if self.manifest else ()

    @property
    def quota_warnings(self) -> Mapping[str, int]:
        """Quotas that are nearly used up, as the server says: percent by purpose, `signup` or `screening`.

        The first warning of each is also logged, by the logger `pilookup.checking`.
        """
        return self._http.quota_warnings.used

    def _details_call(self, snapshot: TrustedSnapshot) -> "Call | None":
        """The call that fetches the details of a snapshot's cases; None if it has none that this client takes."""
        from pilookup.checking.requests import Call  # noqa: PLC0415 - see the module's docstring

        ref = snapshot.manifest.files.get(CASES_FILE)
        if ref is None or ref.size > MAX_CASES_BYTES:
            return None
        return Call(self._endpoint.url(_cases_path(snapshot, ref)), ref.size)

    def _details(self, snapshot: TrustedSnapshot, data: bytes) -> Mapping[int, CaseDetails]:
        """The details in a fetched file, which are kept; empty if it is not the one that the manifest names."""
        ref = snapshot.manifest.files[CASES_FILE]
        if len(data) != ref.size or sha256(data).hexdigest() != ref.sha256:
            return {}
        try:
            found = cases_from_bytes(data)
        except FormatError:
            return {}  # SPEC.md section 7.1: the case is shown without details
        listed = {case: each for case, each in found.items() if case in snapshot.cases}
        self._kept_details = (ref.sha256, listed)
        return listed

    def _known_details(self, snapshot: TrustedSnapshot) -> Mapping[int, CaseDetails] | None:
        """The details that were fetched before, if they are those of this snapshot; or those of the mirror."""
        ref, kept = snapshot.manifest.files.get(CASES_FILE), self._kept_details
        if ref is not None and kept is not None and kept[0] == ref.sha256:
            return kept[1]
        if ref is None or ref.size > MAX_CASES_BYTES or self._mirror is None:
            return None
        data = self._mirror.file(_cases_path(snapshot, ref), ref.size)
        return self._details(snapshot, data) if data is not None else None

    def _local(self, need: Fetch) -> dict[int, bytes | Failure] | None:
        """Return the bodies of buckets from the mirror, or None if they must come from the server."""
        return self._mirror.bodies(need) if self._mirror else None

    def _deadline(self, timeout: float | None) -> Deadline:
        """Return the deadline of a call that starts now; raises ValueError unless `timeout` is above 0."""
        return Deadline.after(self._timeout if timeout is None else check_timeout(timeout))

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the client is closed")

    def _start(self, texts: list[str], region: str | None) -> Steps[list[Result]]:
        """Start a check; raises RuntimeError, TypeError and ValueError as `check_many` says."""
        self._check_open()
        check_texts(texts)
        return self._checker.check_many(texts, self._region if region is None else check_region(region))


def _cases_path(snapshot: TrustedSnapshot, ref: FileRef) -> str:
    return f"targets/epochs/{snapshot.manifest.epoch}/{ref.sha256}.{CASES_FILE}"


def solve(challenge: Challenge, give_up: Callable[[], bool]) -> str:
    """Return the proof of work for a challenge; raises Failure if it takes too long."""
    proof_of_work = challenge.solve(give_up)
    if proof_of_work is None:
        raise Failure(Reason.RATE_LIMITED, detail="the server's proof of work takes longer than this call may")
    return proof_of_work


def _mirror_source(
    directory: Path, channel: str, root: bytes | None, max_age: float, network: "Trust | None", *, sandbox: bool
) -> "MirrorSource":
    """Make the source of a client that answers from a mirror; raises ValueError."""
    from pilookup.checking.mirror.source import MirrorSource  # noqa: PLC0415 - see the module's docstring

    if root is None:
        raise ValueError("mirror: needs trust, the root that the mirror is verified under")
    if not max_age > 0:
        raise ValueError("max_age: must be above 0")
    return MirrorSource(directory, channel, root, max_age, network, sandbox=sandbox)


def check_timeout(timeout: float) -> float:
    """Return the seconds that a call may take; raises ValueError unless they are above 0 and at most MAX_TIMEOUT."""
    if not 0 < timeout <= MAX_TIMEOUT:
        raise ValueError(f"timeout: must be above 0 and at most {MAX_TIMEOUT:,} seconds")
    return timeout


def list_of_texts(texts: Iterable[str]) -> list[str]:
    """Return texts as a list; raises TypeError for a single str."""
    if isinstance(texts, str | bytes):
        raise TypeError("check_many takes several texts; check takes one")
    return list(texts)


def check_texts(texts: list[str]) -> None:
    """Raise TypeError unless every item is a str."""
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a number to check must be a text")


def check_region(region: str) -> str:
    """Return a region's code; raises ValueError unless it is one."""
    # is_region loads libphonenumber's tables, which checks of mainland numbers do not need.
    if region != "CN" and not is_region(region):
        raise ValueError("region: not an ISO 3166-1 alpha-2 code")
    return region


def _check_purpose(purpose: str | None) -> str | None:
    if purpose is not None and purpose not in PURPOSES:
        raise ValueError(f"purpose: not {' or '.join(PURPOSES)}")
    return purpose


def _check_token(token: str | None) -> str | None:
    if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("token: not a bearer token")
    return token
