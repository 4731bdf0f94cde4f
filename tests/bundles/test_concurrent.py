"""Commands that make the same HOME at the same time: one wins, the others are refused, and nothing is mixed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pilookup.bundles import take_up as taking_up
from pilookup.custody import Custody, initialise
from pilookup.custody.backup import restore as restoring
from pilookup.errors import HomeError
from tests.support.bundles.machines import LATER, PASSPHRASES, export, import_bundle, opened, published, serve
from tests.support.custody.channel import NOW
from tests.support.custody.home import files_under

BACKUP = b"passphrase of the backup"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A directory with a custody HOME, its backup and its bundle; tests do not change what is in it."""
    path = tmp_path_factory.mktemp("source")
    custody = published(path / "custody")
    with opened(custody) as home:
        home.back_up(path / "backup", backup_passphrase=BACKUP)
    export(custody, path / "bundle")
    return path


def restore(source, home):
    given = (LATER, lambda: BACKUP, lambda: PASSPHRASES["passphrase"])
    restoring.restore(source / "backup", home, source / "bundle", *given)


def init(_, home):
    Custody.initialise(home, **PASSPHRASES, clock=lambda: NOW)


def import_(source, home):
    import_bundle(source / "bundle", home, source / "custody", LATER)


MAKERS = {"restore": restore, "init": init, "import": import_}
STEPS = {
    "restore": (restoring, "_catch_up"),
    "init": (initialise, "_create_keys"),
    "import": (taking_up.Incoming, "verify"),
}
"""A step in the middle of each."""


def check(home, winner):
    """HOME is what one command alone makes."""
    assert not list(home.parent.glob(".*"))
    if winner == "import":
        assert not (home / "custody").exists()
        assert serve(home, LATER) == {"platform": [1], "public": [1]}
        return
    with opened(home, LATER) as custody:
        datasets = custody._session().control.datasets(active_only=True)
        assert [each.slug for each in datasets] == (["case-1"] if winner == "restore" else [])
        bundles = (home / "trust-bundles.json").read_bytes()
    assert (home / "online" / "bundle-taken-up").exists() == (winner == "restore")
    assert bundles


@pytest.mark.parametrize("second", MAKERS)
@pytest.mark.parametrize("first", MAKERS)
def test_the_second_is_refused_while_the_first_works(source, tmp_path, monkeypatch, first, second):
    home, working, goes_on = tmp_path / "home", threading.Event(), threading.Event()
    owner, name = STEPS[first]
    original = getattr(owner, name)

    def pause(*arguments, **options):
        if not working.is_set():
            working.set()
            assert goes_on.wait(120)
        return original(*arguments, **options)

    monkeypatch.setattr(owner, name, pause)
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(MAKERS[first], source, home)
        try:
            assert working.wait(120)
            before = files_under(tmp_path)
            with pytest.raises(HomeError, match=r"another command|not empty"):
                MAKERS[second](source, home)
            assert files_under(tmp_path) == before
        finally:
            goes_on.set()
        done.result()
    check(home, first)


@pytest.mark.parametrize("empty", [False, True], ids=["missing", "empty"])
@pytest.mark.parametrize(
    "names", [("restore", "restore"), ("restore", "init"), ("restore", "import"), ("init", "import")]
)
def test_of_two_at_once_exactly_one_wins(source, tmp_path, names, empty):
    for attempt in range(3):
        home = tmp_path / f"{attempt}" / "home"
        home.parent.mkdir()
        if empty:
            home.mkdir()
        start = threading.Barrier(2)

        def make(name, home=home, start=start):
            start.wait(60)
            try:
                MAKERS[name](source, home)
            except HomeError:
                return None
            return name

        with ThreadPoolExecutor(2) as threads:
            ended = list(threads.map(make, names))
        (winner,) = [each for each in ended if each]
        check(home, winner)


def test_a_home_that_another_command_replaced_meanwhile_is_not_touched(source, tmp_path, monkeypatch):
    """Between the moment that a directory is opened and the moment that it is locked."""
    from pilookup.bundles import making_lock

    home = tmp_path / "home"
    take = making_lock._take

    def late(handle, path):
        monkeypatch.setattr(making_lock, "_take", take)
        restore(source, path)
        take(handle, path)

    monkeypatch.setattr(making_lock, "_take", late)
    with pytest.raises(HomeError, match="another command is making this HOME"):
        import_(source, home)
    check(home, "restore")


def test_a_refused_command_removes_the_directory_that_it_made(source, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for make in MAKERS.values():
        with pytest.raises(HomeError, match="not a directory"):
            make(source, tmp_path / "file")
    with pytest.raises(Exception, match="trust"):
        import_bundle(source / "bundle", tmp_path / "home", now=LATER)
    assert not (tmp_path / "home").exists()
