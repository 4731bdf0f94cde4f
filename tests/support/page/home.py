"""A small HOME, made as by `init`, `load` and `publish`, with numbers for every kind of answer."""

import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Timestamp

from pilookup.custody import Custody
from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.initialise import initialise_home
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.publish.publish import publish, rotate
from pilookup.keyring import Half, Keyring
from pilookup.protocol.label import Kind
from tests.support.passphrase_cost import open_to_commands

CUSTODY = b"custody passphrase of the page tests"
ONLINE = b"online passphrase of the page tests"

EXPOSED = "13712906458"
ONE, THREE, SEVEN = "17098213467", "19137420586", "15028847163"
BOTH = "18820451937"
FOREIGN = "+85261234587"
ACCOUNTS = {ONE: 1, THREE: 3, SEVEN: 7, BOTH: 2}
MISSED = [f"139{n * 104729 % 100_000_000:08}" for n in range(1, 9)]
MISS = MISSED[0]
FOREIGN_MISS = "+12025550143"
TITLES = {
    Kind.EXPOSURE: ("青山县“医保电子凭证”推广案", "Qingshan county voucher case"),
    Kind.MALICIOUS: ("白河市批量注册账号案", "Baihe city account farm case"),
}
FILLING = [f"138{n * 7919:08}" for n in range(1100)]
"""Enough numbers for more than one bucket."""


class Held:
    """A HOME at a path, with the commands that the tests need."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def make(cls, path: Path) -> "Held":
        initialise_home(path, CUSTODY, ONLINE, datetime.now(UTC))
        open_to_commands(path / "online", Half.ONLINE, ONLINE)
        held = cls(path)
        rows = [f"{n},name-{i},2025-0{1 + 3 * (i % 3)}-09" for n, count in ACCOUNTS.items() for i in range(count)]
        with held.opened() as session:
            held.load(session, "voucher", ["phone", EXPOSED, BOTH, FOREIGN, *FILLING], Kind.EXPOSURE)
            held.load(session, "farm", ["phone,account,date", *rows], Kind.MALICIOUS)
            publish(session, "public", silent)
        return held

    def copy(self, path: Path) -> "Held":
        return Held(Path(shutil.copytree(self.path, path)))

    @contextmanager
    def opened(self):
        """A session, as a custody command has it."""
        with Custody.open(self.path, passphrase=CUSTODY, online_passphrase=ONLINE) as custody:
            yield custody._session()

    def load(self, session, slug, lines, kind):
        path = self.path.parent / f"{slug}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        zh, en = TITLES[kind]
        spec = DatasetSpec(slug, kind, title_zh=zh, title_en=en, seized_on=date(2025, 3, 9))
        load(session, LoadJob([path], spec, IntakeOptions(kind)))

    def publish_more(self, number):
        """Load one more number and publish it under a new serial."""
        with self.opened() as session:
            self.load(session, f"more-{number[-6:]}", ["phone", number], Kind.EXPOSURE)
            publish(session, "public", silent)

    def rotate(self):
        with self.opened() as session:
            rotate(session, "public", silent)

    def online(self) -> Keyring:
        return Keyring.unlock(self.path / "online", Half.ONLINE, ONLINE)

    def channel_key(self, epoch=1):
        return self.online().scalar(f"channel-public-{epoch}")

    def trust(self) -> bytes:
        return (self.path / "trust-public.json").read_bytes()

    def metadata(self) -> dict[str, bytes]:
        """All metadata files, by name."""
        folder = self.path / "online/channels/public/metadata"
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def timestamp(self, *, version=None, expires=None) -> bytes:
        """The timestamp metadata with another version or expiry, signed with the real timestamp key."""
        signed = Metadata[Timestamp].from_bytes(self.metadata()["timestamp.json"]).signed
        signed.version = signed.version if version is None else version
        signed.expires = expires or signed.expires
        metadata = Metadata(signed)
        metadata.sign(CryptoSigner(self.online().signing("timestamp-public")))
        return metadata.to_bytes()


def silent(*_):
    pass
