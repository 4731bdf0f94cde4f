"""`Custody`, the public Python API of the police side."""

import io
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from pilookup.custody import Custody, Kind
from pilookup.custody.home import Home
from pilookup.errors import CustodyError, HomeError, KeyringError, PublishError
from pilookup.protocol.names import CANARIES
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import look_up
from tests.support.custody.home import files_under, numbers, write_csv

NOW = datetime.now(UTC).replace(microsecond=0)
BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a HOME, whose two datasets are published in the public channel, and the files of the datasets."""
    folder = tmp_path_factory.mktemp("published")
    trust = Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    assert trust == [folder / "home" / f"trust-{channel}.json" for channel in ("public", "platform")]
    write_csv(folder / "a.csv", numbers(50))
    write_csv(folder / "b.csv", [f"{number},account-{number}" for number in numbers(20, start=40)], "phone,account")
    with Custody.open(folder / "home", **BOTH, clock=lambda: NOW) as custody:
        custody.load([str(folder / "a.csv")], dataset="leak", kind="exposure", title_zh="一号案")
        custody.load(folder / "b.csv", dataset="farm", kind=Kind.MALICIOUS, seized_on=date(2026, 1, 2))
        outcome = custody.publish("public")
    assert (outcome.epoch, outcome.entries, outcome.changed) == (1, 60 + len(CANARIES), True)
    return folder


@pytest.fixture
def home(published, tmp_path):
    return shutil.copytree(published / "home", tmp_path / "home")


def served(home, now=NOW):
    channel, trust = home / "online" / "channels" / "public", home / "trust-public.json"
    return verify_directory(channel, trust.read_bytes(), now)


def unlocked(home):
    with Home(home).locked():
        return True


def test_the_status_is_typed_and_needs_no_passphrase(published, home, tmp_path):
    status = Custody.status_of(str(home), clock=lambda: NOW)
    leak, farm = status.datasets
    assert (leak.id, leak.title_zh, leak.loads, leak.accepted, leak.withdrawn) == ("leak", "一号案", 1, 50, False)
    assert (farm.kind, farm.seized_on, farm.rows) == ("malicious-registration", date(2026, 1, 2), 20)
    platform, public = status.channels
    assert (platform.name, platform.release) == ("platform", None)
    assert (public.release.served_epochs, public.release.entries) == ((1,), 60 + len(CANARIES))
    never, after_a_restore = status.warnings
    assert never == f"platform: never published; run: pilookup publish platform --home {home}"
    assert after_a_restore.startswith("channel public: after a restore of a backup, the root and targets and snapshot")
    with Custody.open(home, passphrase="custody passphrase of the tests", clock=lambda: NOW) as custody:
        assert custody.status() == status == Custody.status_of(home, clock=lambda: NOW)
    shutil.copytree(home / "online", tmp_path / "server" / "online")
    there = Custody.status_of(tmp_path / "server", clock=lambda: NOW)
    assert (there.datasets, there.channels) == (None, status.channels)
    with pytest.raises(HomeError, match="no HOME here"):
        Custody.status_of(tmp_path / "nowhere")


def test_a_load_reports_and_stores_nothing_in_a_dry_run(published, home, tmp_path):
    path, rejects, progress = write_csv(tmp_path / "c.csv", [*numbers(5, start=900), "none"]), io.StringIO(), []
    with Custody.open(home, passphrase=b"custody passphrase of the tests") as custody:
        before = files_under(home / "custody" / "vault")
        outcome = custody.load(
            path,
            dataset="more",
            kind="exposure",
            rejects=rejects,
            dry_run=True,
            on_progress=lambda *step: progress.append(step),
        )
        assert (outcome.dry_run, outcome.total.accepted, outcome.total.rejected) == (True, 5, {"no_digits": 1})
        assert files_under(home / "custody" / "vault") == before
        assert progress[-1] == (path.stat().st_size, path.stat().st_size, 6)
        assert "c.csv,7,phone,no_digits,none" in rejects.getvalue()
        columns = {"phone": "1"}
        assert custody.load(path, dataset="more", kind="exposure", columns=columns).files[0].distinct == 5
        with pytest.raises(CustodyError, match="already loaded into leak"):
            custody.load(published / "a.csv", dataset="leak", kind="exposure")
        assert custody.load(published / "a.csv", dataset="leak", kind="exposure", replace=True).total.accepted == 50


@pytest.mark.parametrize("wrong", [{"kind": "hearsay"}, {"kind": "exposure", "columns": {"name": "1"}}])
def test_a_wrong_kind_or_column_role_is_a_value_error(published, home, wrong):
    with (
        Custody.open(home, passphrase="custody passphrase of the tests") as custody,
        pytest.raises(ValueError, match=r"hearsay|name"),
    ):
        custody.load(published / "a.csv", dataset="more", **wrong)


@pytest.mark.parametrize("files", [[], (), iter(())], ids=["list", "tuple", "iterator"])
@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"replace": True}], ids=["", "dry_run", "replace"])
def test_a_load_of_no_file_is_refused_before_anything_starts(home, files, options):
    rejects, progress = io.StringIO(), []
    with Custody.open(home, passphrase="custody passphrase of the tests") as custody:
        before = files_under(home)
        with pytest.raises(CustodyError, match="there is no file to load"):
            custody.load(
                files,
                dataset="more",
                kind="exposure",
                rejects=rejects,
                on_progress=lambda *_: progress.append(1),
                **options,
            )
        assert files_under(home) == before
    assert (rejects.getvalue(), progress) == ("", [])


def test_withdrawing_and_erasing_publish_again(home):
    number, progress = numbers(1, start=45)[0], []
    with Custody.open(home, **BOTH) as custody:
        assert custody.rotate("public").epoch == 2
        erased = custody.erase(number, on_progress=lambda *step: progress.append(step))
        assert (erased.datasets, [each.channel for each in erased.published]) == (2, ["public"])
        nobody = {"unsigned": [], "missing": [], "next": []}
        assert erased.to_json() == {"datasets": 2, "published": [erased.published[0].to_json()]} | nobody
        assert all(0 < done <= total for done, total, _ in progress)
        assert progress
        assert [label for label, _ in look_up(custody._session(), number)] == [None, None]
        withdrawn = custody.withdraw("farm")
        assert (
            withdrawn.to_json()
            == {
                "withdrawn": True,
                "published": [withdrawn.published[0].to_json()],
            }
            | nobody
        )
        assert (withdrawn.withdrawn, withdrawn.published[0].entries) == (True, 49 + len(CANARIES))
        assert not custody.withdraw("farm").withdrawn
        with pytest.raises(CustodyError, match="there is no dataset elsewhere"):
            custody.withdraw("elsewhere")
    assert [each.entries for each in served(home, datetime.now(UTC))] == [49 + len(CANARIES)] * 2


def test_an_invalid_phone_number_is_refused_and_not_repeated(home):
    with Custody.open(home, **BOTH) as custody, pytest.raises(CustodyError, match="not a phone number") as refused:
        custody.erase("1380013800x")
    assert "1380013800" not in str(refused.value)


@pytest.mark.parametrize(
    "act",
    [
        lambda custody: custody.publish("public"),
        lambda custody: custody.rotate("public"),
        lambda custody: custody.withdraw("leak"),
        lambda custody: custody.erase(numbers(1)[0]),
    ],
    ids=["publish", "rotate", "withdraw", "erase"],
)
def test_without_the_online_half_nothing_is_published_or_changed(home, act):
    with Custody.open(home, passphrase="custody passphrase of the tests") as custody:
        before = files_under(home)
        with pytest.raises(PublishError, match="publishing needs the online half and its passphrase"):
            act(custody)
    assert files_under(home) == before


def test_an_open_home_is_locked_and_a_closed_one_cannot_be_used(home):
    with Custody.open(home, passphrase="custody passphrase of the tests") as custody:
        with pytest.raises(HomeError, match="another command is working on it"):
            Custody.open(home, passphrase=lambda: pytest.fail("asked for before HOME was locked"))
        assert custody.status().datasets
    assert unlocked(home)
    custody.close()
    for act in (
        custody.status,
        lambda: custody.load([], dataset="more", kind="exposure"),
        lambda: custody.publish("public"),
        lambda: custody.rotate("public"),
        lambda: custody.withdraw("leak"),
        lambda: custody.erase(numbers(1)[0]),
    ):
        with pytest.raises(RuntimeError, match="closed"):
            act()


@pytest.mark.parametrize(
    "act",
    [
        lambda home, clock: Custody.open(home, passphrase=lambda: pytest.fail("asked for"), clock=clock),
        lambda home, clock: Custody.initialise(home.with_name("new"), **BOTH, clock=clock),
        lambda home, clock: Custody.status_of(home, clock=clock),
    ],
    ids=["open", "initialise", "status_of"],
)
def test_a_clock_without_a_time_zone_is_refused_at_once(home, act):
    with pytest.raises(ValueError, match="the clock must return a time with its time zone"):
        act(home, datetime.now)
    assert not home.with_name("new").exists()
    assert unlocked(home)


def test_a_passphrase_may_be_a_function(home):
    asked = []
    with Custody.open(home, passphrase=lambda: asked.append(1) or b"custody passphrase of the tests"):
        assert asked == [1]


@pytest.mark.parametrize("wrong", [{"passphrase": "sesame"}, {**BOTH, "online_passphrase": "sesame"}])
def test_a_wrong_passphrase_leaves_home_unlocked(home, wrong):
    before = files_under(home)
    with pytest.raises(KeyringError) as refused:
        Custody.open(home, **wrong)
    assert "sesame" not in str(refused.value)
    assert unlocked(home)
    assert files_under(home) == before


def test_the_clock_is_read_at_every_call(home):
    now = [NOW]
    with Custody.open(home, **BOTH, clock=lambda: now[0], date_is_right=True) as custody:
        assert not custody.publish("public").changed
        now[0] += timedelta(days=180)
        outcome = custody.publish("public")
        assert (outcome.epoch, outcome.rotated) == (2, True)
        assert custody.status().channels[1].release.targets_expire == now[0] + timedelta(days=30)


def test_opening_removes_what_a_killed_command_left(home):
    left = [home / "custody" / "vault" / ".staging" / "load", home / "online" / "channels" / "public" / "staging"]
    for folder in left:
        folder.mkdir(parents=True)
    with Custody.open(home, **BOTH):
        assert not any(folder.exists() for folder in left)


def test_the_repr_contains_no_secret(home):
    with Custody.open(home, **BOTH) as custody:
        assert "passphrase" not in repr(custody)
        assert "online" not in repr(custody).replace(str(home), "")
