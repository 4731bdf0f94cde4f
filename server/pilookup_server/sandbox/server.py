"""Serves the HOME of a sandbox, and no other one, from one process on 127.0.0.1."""

import json
import os
import signal
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvicorn

from pilookup import file_errors
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.half_lock import half_locked
from pilookup.keyring.passphrase import read_passphrase
from pilookup.protocol.platform_key import KeyKind
from pilookup.protocol.release import ROOT, is_sandbox, verify_root
from pilookup.release_files.files import read_metadata
from pilookup_server.app import create_app
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.logs import configure_logging
from pilookup_server.process.hardening import harden
from pilookup_server.sandbox.faults import Faults
from pilookup_server.sandbox.platform_key import register, take_key
from pilookup_server.settings import ServeError, Settings, read_settings

HOST: Final = "127.0.0.1"
_SHUTDOWN_SECONDS: Final = 2


def serve_sandbox(port: int) -> None:
    """Serve until SIGTERM or SIGINT, or until the process that started this one has ended.

    The HOME and the passphrase of its online half come from the environment, as for `pilookup serve`, and so does the
    platform key (PILOOKUP_SANDBOX_KEY), which is registered.
    Prints one line of JSON with the port when requests are answered.

    Args:
        port: The port on 127.0.0.1; 0 takes a free one.

    Raises:
        ServeError: A setting or the key is invalid, the port cannot be listened on, or the HOME is not that of a
            sandbox.
        PlatformError, ServiceDatabaseError: The key cannot be registered.
        HomeError: HOME cannot be read, or its passphrase is being changed.
        KeyringError: The passphrase is wrong, or a key is missing or damaged.
        TrustError, FormatError: A root does not verify.
    """
    settings = read_settings(host=HOST, port=port)
    online = settings.home / "online"
    check_is_sandbox(settings)
    key = take_key()
    with half_locked(online, shared=True), TemporaryDirectory(prefix="pilookup-") as scratch:
        keys = KeyringKeys(Keyring.unlock(online, Half.ONLINE, read_passphrase(Half.ONLINE)))
        harden()
        configure_logging(settings.log_level)
        if key is not None:
            register(settings, key)
        for stop in (signal.SIGTERM, signal.SIGINT):
            # uvicorn ends, and then sends itself the signal again, which must not end the process before the clean-up.
            signal.signal(stop, lambda *_: None)
        with _listen(port) as listener:
            app = create_app(settings, keys, Path(scratch), key_kind=KeyKind.TEST)
            _Server(Faults(app)).run([listener])


def check_is_sandbox(settings: Settings) -> None:
    """Check that the root of every served channel is marked as that of a sandbox.

    Raises:
        ServeError: One is not.
        HomeError: A root cannot be read.
        TrustError, FormatError: A root does not verify.
    """
    for channel in settings.channels:
        path = settings.home / "online" / "channels" / channel / "metadata" / ROOT
        with file_errors.failures_as(HomeError, path):
            root = verify_root(read_metadata(path))
        if not is_sandbox(root):
            raise ServeError(f"{settings.home}: is not the HOME of a sandbox: use `pilookup serve`")


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ServeError(f"cannot listen on {HOST} port {port}: {error.strerror} (choose another --port)") from None


class _Server(uvicorn.Server):
    """Announces its port when it answers, and ends with its parent."""

    def __init__(self, app: Faults) -> None:
        self._parent = os.getppid()
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
                callback_notify=self._follow_parent,
                timeout_notify=1,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(json.dumps({"port": sockets[0].getsockname()[1]}), flush=True)  # noqa: T201 - for the parent

    async def _follow_parent(self) -> None:
        self.should_exit = self.should_exit or os.getppid() != self._parent
