"""Starts the server: reads the settings, unlocks the keyring, binds the socket, and runs the supervisor."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pilookup import durable
from pilookup.clock import boot_id, seconds_since_boot, utc_now
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.passphrase import read_passphrase
from pilookup.release_files.serving_state import trust_clock
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import configure_logging
from pilookup_server.process.supervisor import Job, Supervisor
from pilookup_server.release import timestamp
from pilookup_server.settings import ServeError, Settings, read_settings

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
        HomeError: HOME has no online half, or it cannot be written.
        KeyringError: The passphrase is wrong, or a key of a served channel is missing or damaged.
        TrustError, FormatError: A release to take over does not verify.
    """
    settings = read_settings(**overrides)
    keys = KeyringKeys(_unlock(settings))
    configure_logging(settings.log_level)
    if clock_is_right:
        with durable.failures_as(HomeError, settings.home):
            trust_clock(settings.home / "online", utc_now, seconds_since_boot, boot_id())
    if take_over:
        _take_over(settings, keys)
    with (
        _listen(settings.host, settings.port) as listener,
        _metrics_directory(),
        TemporaryDirectory(prefix="pilookup-") as scratch,
    ):
        jobs = _jobs(settings, keys, Path(scratch), listener)
        _announce(listener, settings)
        Supervisor(jobs, settings.shutdown_seconds + _KILL_MARGIN_SECONDS).run()


def _take_over(settings: Settings, keys: OnlineKeys) -> None:
    for channel in settings.channels:
        directory = settings.home / "online" / "channels" / channel
        if (directory / "metadata").is_dir():
            with durable.failures_as(HomeError, directory):
                timestamp.take_over(directory, channel, keys, utc_now())


def _unlock(settings: Settings) -> Keyring:
    """Unlock the online half's keyring, and remove the passphrase from the environment that workers inherit."""
    online = settings.home / "online"
    if not (online / "channels").is_dir():
        raise HomeError(f"{settings.home}: has no online half")
    keyring = Keyring.unlock(online, Half.ONLINE, read_passphrase(Half.ONLINE))
    os.environ.pop("PILOOKUP_ONLINE_PASSPHRASE", None)
    return keyring


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket that all workers accept from; raises ServeError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ServeError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    listener.setblocking(False)
    return listener


@contextmanager
def _metrics_directory() -> Iterator[None]:
    """A private directory in which workers keep their counts; it must exist before `metrics` is imported."""
    with TemporaryDirectory(prefix="pilookup-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def _jobs(settings: Settings, keys: OnlineKeys, scratch: Path, listener: socket.socket) -> dict[str, Job]:
    from pilookup_server.process.worker import check_startup, run_worker, serve_metrics  # noqa: PLC0415 - imports `metrics`

    # Before the first fork, so that an invalid token or storage ends the command and not each worker.
    check_startup(settings, keys)
    worker = partial(run_worker, settings, keys, scratch, listener)
    jobs: dict[str, Job] = {f"worker-{n}": worker for n in range(settings.workers)}
    if settings.metrics_port is not None:
        jobs["metrics"] = partial(serve_metrics, settings.metrics_host, settings.metrics_port)
    return jobs


def _announce(listener: socket.socket, settings: Settings) -> None:
    """Print the address as a plain line: with port 0, people and scripts learn the port from it."""
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    print(f"serving on http://{name}:{port} with {workers}", file=sys.stderr, flush=True)  # noqa: T201 - see above
