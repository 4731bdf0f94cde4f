"""Starts the server: reads the settings, unlocks the keyring, binds the socket, and runs the supervisor."""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pilookup import file_errors
from pilookup.bundles.completion import finish_interrupted
from pilookup.clock import boot_id, seconds_since_boot, utc_now
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.half_lock import half_locked
from pilookup.keyring.passphrase import read_passphrase
from pilookup.keyring.weak_passphrase import record_weaknesses, weaknesses
from pilookup.protocol.buckets import MAINLAND_PATTERNS
from pilookup.protocol.names import PUBLIC
from pilookup.release_files.serving_state import trust_clock
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.quotas import SharedCounts
from pilookup_server.limits.wake_up import WakeUp
from pilookup_server.logs import configure_logging
from pilookup_server.page_host.config import PageConfig
from pilookup_server.page_host.sound.frames import SoundError
from pilookup_server.process import keeper
from pilookup_server.process.hardening import harden, raise_descriptor_limit
from pilookup_server.process.supervisor import Job, Supervisor
from pilookup_server.release import timestamp
from pilookup_server.report_calls import ReportDesk
from pilookup_server.settings import ServeError, Settings, host_and_port, quota_items, read_settings

_UNSENT_BYTES = 64 * 1024
"""Bytes of an answer that the system takes from the server before it has sent them."""

_KILL_MARGIN_SECONDS = 5
"""Workers are killed this long after the time that open requests have to end."""


def start(*, take_over: bool = False, clock_is_right: bool = False, **overrides: Any) -> None:
    """Serve until SIGTERM or SIGINT.

    Everything raised here is raised before the first request is answered.

    Args:
        take_over: Sign timestamps above those of the machine that this one replaces.
        clock_is_right: The operator's word that the wall clock is right, however far it was stepped.
        overrides: Settings by field name that win over the environment; those that are None are ignored.

    Raises:
        ServeError: A setting is invalid, or the address cannot be listened on.
        HomeError: HOME has no online half, its passphrase is being changed, or it cannot be written.
        KeyringError: The passphrase is wrong, or a key of a served channel is missing or damaged.
        TrustError, FormatError: A release to take over does not verify.
    """
    settings = read_settings(**overrides)
    with half_locked(_online_half(settings), shared=True):
        _serve(settings, take_over=take_over, clock_is_right=clock_is_right)


def _serve(settings: Settings, *, take_over: bool, clock_is_right: bool) -> None:
    with file_errors.failures_as(HomeError, settings.home):
        finish_interrupted(_online_half(settings))
    keys = KeyringKeys(_unlock(settings))
    harden()
    configure_logging(settings.log_level)
    if clock_is_right:
        with file_errors.failures_as(HomeError, settings.home):
            trust_clock(settings.home / "online", utc_now, seconds_since_boot, boot_id())
    _check_page(settings)
    if take_over:
        _take_over(settings, keys)
    descriptor_limit = raise_descriptor_limit()
    with (
        ExitStack() as stack,
        _runtime_directory("pilookup-") as scratch,
        _metrics_directory(settings),
    ):
        main = stack.enter_context(_listen(settings.host, settings.port))
        health = None
        if settings.health_listen:
            health = stack.enter_context(_listen(*host_and_port(settings.health_listen)))
            if health.getsockname()[1] == main.getsockname()[1]:
                raise ServeError("PILOOKUP_HEALTH_LISTEN: give it another port than PILOOKUP_PORT")
        wake_up = WakeUp()
        counts = SharedCounts.from_settings(settings, wake_up.set)
        names = [f"worker-{n}" for n in range(settings.workers)]
        desk = ReportDesk(names)
        stack.callback(desk.close)
        shares = _Shares(counts, desk, Path(scratch), descriptor_limit)
        workers = _jobs(settings, keys, names, (main, health), shares)
        keep = partial(keeper.keep_counts, settings, counts, wake_up, Path(scratch), desk)
        jobs: dict[str, Job] = {keeper.NAME: keep, **workers}
        _announce(main, health, settings)
        grace = settings.shutdown_seconds + _KILL_MARGIN_SECONDS
        Supervisor(jobs, grace, {keeper.NAME: keeper.END}).run()
        keeper.close_counts(settings, counts)


def _check_page(settings: Settings) -> None:
    """Refuse recordings that the page cannot play, before a worker would leave them out."""
    if not settings.page:
        return
    try:
        PageConfig.from_settings(settings)
    except (SoundError, OSError) as error:
        raise ServeError(f"PILOOKUP_PAGE_SOUNDS: {error}") from None


def _take_over(settings: Settings, keys: OnlineKeys) -> None:
    if not settings.renew:
        raise ServeError("--take-over signs timestamps: set PILOOKUP_RENEW=1, and unset PILOOKUP_METADATA_FROM")
    for channel in settings.channels:
        directory = settings.home / "online" / "channels" / channel
        if (directory / "metadata").is_dir():
            with file_errors.failures_as(HomeError, directory):
                timestamp.take_over(directory, channel, keys, utc_now())


def _online_half(settings: Settings) -> Path:
    online = settings.home / "online"
    if not (online / "channels").is_dir():
        raise HomeError(f"{settings.home}: has no online half")
    return online


def _unlock(settings: Settings) -> Keyring:
    """Unlock the online half's keyring, destroy the keys of a former one, and record whether its passphrase is weak."""
    passphrase = read_passphrase(Half.ONLINE)
    keyring = Keyring.unlock(_online_half(settings), Half.ONLINE, passphrase)
    keyring.destroy_former()
    record_weaknesses(keyring.directory, weaknesses(passphrase))
    return keyring


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket that all workers accept from; raises ServeError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ServeError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    # Accepted connections inherit it. Without it the system takes megabytes of an answer that nobody reads.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    listener.setblocking(False)
    return listener


def _runtime_directory(prefix: str) -> TemporaryDirectory[str]:
    """A private directory for as long as the server runs, in the one that systemd makes for it, or in TMPDIR."""
    given = os.environ.get("RUNTIME_DIRECTORY")  # of several, systemd names the first one first
    return TemporaryDirectory(prefix=prefix, dir=given.partition(":")[0] if given else None)


@contextmanager
def _metrics_directory(settings: Settings) -> Iterator[None]:
    """A private directory in which workers keep their counts; it must exist before `metrics` is imported.

    There is none unless metrics are served: the counts are mapped files, and a mapped file that cannot grow because the
    disk is full ends the process with SIGBUS.
    """
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if settings.metrics_port is None:
        yield
        return
    with _runtime_directory("pilookup-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


class _Shares(NamedTuple):
    """What all workers share apart from their sockets, as in `WorkerShares`."""

    counts: SharedCounts
    desk: ReportDesk
    scratch: Path
    descriptor_limit: int


def _jobs(
    settings: Settings,
    keys: OnlineKeys,
    names: Sequence[str],
    listeners: tuple[socket.socket, socket.socket | None],
    made: _Shares,
) -> dict[str, Job]:
    # They import `metrics`.
    from pilookup_server import metrics  # noqa: PLC0415
    from pilookup_server.process.worker import (  # noqa: PLC0415
        WorkerShares,
        WorkerSockets,
        check_startup,
        run_worker,
        serve_metrics,
    )

    # Before the first fork, so that an invalid token or storage ends the command and not each worker.
    check_startup(settings, keys, made.counts)
    shares = WorkerShares(WorkerSockets(*listeners), *made)
    jobs: dict[str, Job] = {name: partial(run_worker, name, settings, keys, shares) for name in names}
    if settings.metrics_port is not None:
        try:
            metrics.allocate(names)
        except OSError as error:
            raise ServeError(f"metrics: no files for the counts in TMPDIR: {error.strerror}") from None
        jobs["metrics"] = partial(serve_metrics, settings.metrics_host, settings.metrics_port)
    return jobs


def _announce(main: socket.socket, health: socket.socket | None, settings: Settings) -> None:
    """Print the addresses as plain lines: with port 0, people and scripts learn the port from them."""
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    lines = [f"serving on {_url(main)} with {workers}"]
    if health is not None:
        lines.append(f"health checks on {_url(health)}/healthz")
    if PUBLIC in settings.channels:
        lines.append(_ceiling(settings))
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - see above


def _ceiling(settings: Settings) -> str:
    """What the ceiling of the public channel means for a caller who asks for every number."""
    longest = quota_items(settings.public_channel_quota)[-1]
    days = MAINLAND_PATTERNS * longest.get_expiry() / longest.amount / 86_400
    part = settings.public_epoch_quota / MAINLAND_PATTERNS
    time = longest.GRANULARITY.name if longest.multiples == 1 else f"time of {longest.get_expiry():,} seconds"
    return (
        f"public: at most {longest.amount:,} a {time} for all callers together, all {MAINLAND_PATTERNS:,} patterns of "
        f"mobile numbers in {days:,.0f} days; at most {settings.public_epoch_quota:,} an epoch, {part:.1%} of the "
        "patterns"
    )


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
