"""The deltas that publish makes: from the release directly before, of the same epoch and geometry."""

from datetime import UTC, datetime

import pytest

from pilookup import Mirror
from pilookup.custody import Custody
from pilookup.custody.repository import ChannelRepository
from pilookup.protocol.delta import is_delta
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST
from pilookup.release_files.verify import verify_directory
from tests.support.custody.home import numbers, write_csv
from tests.support.server.static_nginx import PASSWORD, USER, StaticNginx

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}


class Home:
    """A HOME with a channel that a test publishes."""

    def __init__(self, folder):
        self.folder, self.files = folder, 0
        Custody.initialise(folder / "home", **BOTH)

    def __enter__(self):
        self.custody = Custody.open(self.folder / "home", **BOTH).__enter__()
        return self

    def __exit__(self, *error):
        self.custody.__exit__(*error)

    @property
    def channels(self):
        return self.folder / "home" / "online" / "channels"

    def load(self, first, count, dataset="leak"):
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        write_csv(path, numbers(count, start=first))
        self.custody.load(path, dataset=dataset, kind="exposure")

    def publish(self, channel="public"):
        self.custody.publish(channel)

    def epochs(self, channel="public"):
        """The manifests of the release, newest epoch first."""
        repository = ChannelRepository(self.channels / channel)
        return [
            Manifest.from_bytes((repository.targets / epoch.path(MANIFEST)).read_bytes())
            for epoch in repository.listed()
        ]

    def deltas(self, channel="public"):
        """The names of the deltas of each epoch, newest first."""
        return [sorted(filter(is_delta, manifest.files)) for manifest in self.epochs(channel)]


@pytest.fixture
def home(tmp_path):
    with Home(tmp_path) as home:
        home.load(0, 900)
        home.publish()
        yield home


def test_the_first_release_of_an_epoch_has_none(home):
    assert home.deltas() == [[]]
    home.custody.rotate("public")
    assert home.deltas() == [[], []]


def test_each_release_leads_from_the_one_directly_before(home):
    for serial in (1, 2, 3):
        home.load(1000 + serial, 1)
        home.publish()
        assert home.deltas() == [[f"delta-{serial}.bin"]]
    home.publish()
    assert home.deltas() == [["delta-3.bin"]], "nothing has changed, so the release is the same"


@pytest.mark.parametrize(
    "act", [lambda custody: custody.erase(numbers(1)[0]), lambda custody: custody.withdraw("other")]
)
def test_after_a_removal_only_the_delta_from_the_release_directly_before_stays(home, act):
    home.load(2000, 5, "other")
    home.publish()
    act(home.custody)
    assert home.deltas() == [["delta-2.bin"]]
    assert [path.name.split(".", 1)[1] for path in home.channels.rglob("*delta-*")] == ["delta-2.bin"]


def test_no_delta_from_buckets_that_are_damaged_or_gone(home):
    (path,) = (home.channels / "public").rglob("*.buckets.bin")
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    home.load(1000, 1)
    home.publish()
    assert home.deltas() == [[]]
    for path in (home.channels / "public").rglob("*.buckets.bin"):
        path.unlink()
    home.load(1001, 1)
    home.publish()
    assert home.deltas() == [[]]


def test_grown_buckets_have_no_delta(home):
    home.publish("platform")
    home.load(5000, 900)
    home.custody.publish("platform")
    slots = home.epochs("platform")[0].geometry.slots
    home.load(20_000, 3000)
    home.publish("platform")
    assert home.epochs("platform")[0].geometry.slots > slots
    assert home.deltas("platform") == [[]]


def test_former_epochs_have_deltas_of_their_own(home):
    home.publish("platform")
    home.custody.rotate("platform")
    home.load(1000, 1)
    home.publish("platform")
    newest, former = home.epochs("platform")
    assert [len(names) for names in home.deltas("platform")] == [1, 1]
    assert newest.files.keys() != former.files.keys()


def test_a_mirror_follows_releases_erasures_and_withdrawals_by_deltas(home, tmp_path):
    (tmp_path / "nginx").mkdir()
    nginx = StaticNginx(tmp_path / "nginx", home.channels)
    mirror, sizes, feeds = Mirror(tmp_path / "mirror"), [], [None]

    def sync():
        trust = home.folder / "home" / "trust-public.json"
        done = mirror.sync(nginx.url, channel="public", trust=trust, credentials=(USER, PASSWORD))
        manifest = home.epochs()[0]
        feed = manifest.files["feed.xml"]
        sizes.append(len(manifest.to_bytes()) + (feed.size if feed.sha256 != feeds[-1] else 0))
        feeds.append(feed.sha256)
        (ours,) = (tmp_path / "mirror").rglob("*.buckets.bin")
        assert ours.name.split(".")[0] == home.epochs()[0].files["buckets.bin"].sha256
        return done

    try:
        nginx.wait()
        whole = sync().fetched
        home.load(1000, 9, "other")
        home.publish()
        steps = [lambda: home.custody.erase(numbers(1)[0]), lambda: home.custody.withdraw("other")]
        outcomes = [sync()]
        for step in steps:
            step()
            outcomes.append(sync())
    finally:
        nginx.stop()
    assert [one.deltas for one in outcomes] == [1, 1, 1]
    for one, manifest, changes in zip(outcomes, sizes[1:], (36 * 9, 8, 8 * 9), strict=True):
        assert one.fetched == manifest + 84 + changes < whole
    assert [one.serial for one in verify_directory(home.channels / "public", None, datetime.now(UTC))] == [4]
