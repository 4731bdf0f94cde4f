"""Notices: how many of them `pilookup notify` delivers a second, to a receiver on this machine over TLS.

One process delivers the newest notice to every target, each over a connection of its own with a handshake. The receiver
counts, in a thread of this process, and is no part of the figure unless it is slower.
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.figures import Spread
from benchmarks.report import Report

TARGETS = 200
CHANNEL = "platform"
WAIT_SECONDS = 600
_ANSWER = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


class Receiver:
    """Answers every message with 204, and notes when it came, by its serial."""

    def __init__(self, certificate: Path) -> None:
        self.times: defaultdict[int, list[float]] = defaultdict(list)
        self.port = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._context))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = json.loads(await reader.readexactly(int(lengths[0])))
        self.times[body["data"]["serial"]].append(time.perf_counter())
        writer.write(_ANSWER)
        await writer.drain()
        writer.close()


def bench(report: Report, work: Path, runs: int, targets: int = TARGETS) -> None:
    """Report the deliveries a second, from the first arrival of a notice to the last."""
    from pilookup_server.notify.targets import add_target  # noqa: PLC0415 - needs the extra of the server
    from pilookup_server.service_database.counts import ServiceDatabase  # noqa: PLC0415
    from pilookup_server.settings import read_settings  # noqa: PLC0415

    home = work / "notices"
    (home / "online").mkdir(parents=True)
    certificate = _certificate(home)
    receiver = Receiver(certificate)
    receiver.start()
    settings = read_settings(home=home, notify_networks="127.0.0.0/8,::1/128", notice_origin="https://check.example")
    with closing(ServiceDatabase.open(home / "online", "")) as database:
        for number in range(targets):
            add_target(settings, f"target-{number}", f"https://localhost:{receiver.port}/{number}", CHANNEL, 1)
        with _notifying(home, certificate):
            rates = [_delivered(database, receiver, serial, targets) for serial in range(1, runs + 2)][1:]
    receiver.stop()
    report.add("notify", "deliveries to different targets", Spread.of(rates), "deliveries/s", targets)


def _delivered(database: object, receiver: Receiver, serial: int, targets: int) -> float:
    """Publish a notice and wait until every target has it; returns the deliveries a second."""
    from pilookup_server.notices.notice import Notice  # noqa: PLC0415 - needs the extra of the server
    from pilookup_server.service_database.notices import NoticeTable  # noqa: PLC0415

    manifest = f"/v1/channels/{CHANNEL}/targets/epochs/1/{serial:064x}.manifest.json"
    NoticeTable(database.engine).record([Notice(CHANNEL, serial, (1,), manifest, 1 + serial)])  # type: ignore[attr-defined]
    end = time.perf_counter() + WAIT_SECONDS
    while len(receiver.times[serial]) < targets:
        if time.perf_counter() > end:
            raise SystemExit(f"only {len(receiver.times[serial])} of {targets} notices were delivered")
        time.sleep(0.05)
    times = receiver.times[serial]
    return (len(times) - 1) / (times[-1] - times[0])


@contextmanager
def _notifying(home: Path, certificate: Path) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    environment = kept | {
        "PILOOKUP_HOME": str(home),
        "PILOOKUP_NOTIFY_NETWORKS": "127.0.0.0/8,::1/128",
        "PILOOKUP_NOTICE_ORIGIN": "https://check.example",
        "PILOOKUP_LOG_LEVEL": "warning",
        "SSL_CERT_FILE": str(certificate),
    }
    process = subprocess.Popen([sys.executable, "-m", "pilookup.cli", "notify"], env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _certificate(folder: Path) -> Path:
    """Write a certificate of `localhost` with its key to one file, and return its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pilookup benchmark")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "receiver.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
