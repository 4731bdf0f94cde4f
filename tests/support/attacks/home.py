"""A real HOME, made as by `init`, `load` and `publish`, and metadata signed with stolen keys."""

import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from tuf.api.metadata import Metadata

from pilookup.clock import utc_now
from pilookup.custody import Custody
from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.initialise import initialise_home
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.publish.publish import publish, rotate
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST, read_release
from pilookup.signing.signer import sign_metadata

CUSTODY = b"custody passphrase of the attack tests"
ONLINE = b"online passphrase of the attack tests"
LISTED = [f"138{n * 7919:08}" for n in range(2100)]
REGISTERED = LISTED[:50]
HIT, OTHER_HIT, MISS, OTHER_MISS = LISTED[0], LISTED[77], "13912345678", "13987654321"


def identifier(number: str) -> bytes:
    return b"tel:+86" + number.encode()


class Held:
    """A HOME at a path, with the commands that the tests need."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def make(cls, path: Path) -> "Held":
        """Make a HOME with LISTED loaded (REGISTERED also with accounts) and both channels published."""
        now = datetime.now(UTC)
        initialise_home(path, CUSTODY, ONLINE, now)
        held = cls(path)
        folder = path.parent
        with held.opened() as session:
            held.load(session, folder / "stolen.csv", ["phone", *LISTED], Kind.EXPOSURE)
            rows = [
                "phone,account,date",
                *(f"{n},account-{n[-4:]},2025-03-0{1 + i % 9}" for i, n in enumerate(REGISTERED)),
            ]
            held.load(session, folder / "accounts.csv", rows, Kind.MALICIOUS)
            for channel in ("public", "platform"):
                publish(session, channel, silent)
        return held

    def copy(self, path: Path) -> "Held":
        return Held(Path(shutil.copytree(self.path, path)))

    @contextmanager
    def opened(self, now=None):
        """A session, as a custody command has it."""
        clock = (lambda: now) if now else utc_now
        with Custody.open(self.path, passphrase=CUSTODY, online_passphrase=ONLINE, clock=clock) as custody:
            yield custody._session()

    @staticmethod
    def load(session, path, lines, kind):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        spec = DatasetSpec(path.stem, kind, title_zh="案件", title_en="case", seized_on=date(2025, 3, 9))
        load(session, LoadJob([path], spec, IntakeOptions(kind)))

    def trust(self, channel="public") -> bytes:
        return (self.path / f"trust-{channel}.json").read_bytes()

    def channel(self, channel="public") -> Path:
        return self.path / "online" / "channels" / channel

    def metadata(self, channel="public") -> dict[str, bytes]:
        """All metadata files, by name."""
        return {path.name: path.read_bytes() for path in (self.channel(channel) / "metadata").iterdir()}

    def release(self, channel="public"):
        return read_release(lambda name: self.metadata(channel)[name], datetime.now(UTC))

    def file(self, name, channel="public") -> Path:
        """A file of the newest served epoch."""
        return self.channel(channel) / "targets" / self.release(channel).epochs[0].path(name)

    def manifest(self, channel="public") -> Manifest:
        return Manifest.from_bytes(self.file(MANIFEST, channel).read_bytes())

    def publish_more(self, number, channel="public"):
        """Load one more number and publish it under a new serial."""
        with self.opened() as session:
            self.load(session, self.path.parent / f"more-{number[-6:]}.csv", ["phone", number], Kind.EXPOSURE)
            return publish(session, channel, silent)

    def rotate(self, channel="public", *, compromised=False):
        with self.opened() as session:
            return rotate(session, channel, silent, compromised=compromised)


def silent(*_):
    pass


def sign(signed, signers) -> bytes:
    metadata = Metadata(signed)
    sign_metadata(metadata, signers)
    return metadata.to_bytes()
