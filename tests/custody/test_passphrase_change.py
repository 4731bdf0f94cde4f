"""A new passphrase for a half of HOME, the locks that it needs, and what `status` says of a weak one."""

import shutil

import pytest

from pilookup.custody import Custody, initialise
from pilookup.custody.home import Home
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import HomeError, KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.half_lock import half_locked
from tests.support.custody.channel import NOW
from tests.support.custody.home import files_under

OLD = {Half.CUSTODY: b"custody passphrase of the tests", Half.ONLINE: b"online passphrase of the tests"}
NEW = b"the passphrase after it"


def make(path, custody=OLD[Half.CUSTODY], online=OLD[Half.ONLINE]):
    Custody.initialise(path, passphrase=custody, online_passphrase=online, clock=lambda: NOW)
    return Home(path)


@pytest.fixture
def home(tmp_path):
    return make(tmp_path / "home")


@pytest.fixture
def weak_home(tmp_path, monkeypatch):
    """Makes a HOME as it was made before there were rules."""

    def make_weak(custody, online):
        with monkeypatch.context() as patch:
            patch.setattr(initialise, "check_passphrases", lambda *_: None)
            return make(tmp_path / "weak", custody, online)

    return make_weak


def change(home, half, old, new=NEW, *, custody=OLD[Half.CUSTODY]):
    change_passphrase(home, half, lambda asked: old if asked is half else custody, lambda: new)


def publish(home, custody, online):
    with Custody.open(home.path, passphrase=custody, online_passphrase=online, clock=lambda: NOW) as opened:
        opened.publish("public")


def without_locks(home):
    return {path: content for path, content in files_under(home.path).items() if path.name != "lock"}


def about_passphrases(home):
    warnings = Custody.status_of(home.path, clock=lambda: NOW).warnings
    texts = ("the passphrase of", "same passphrase", "a weak passphrase")
    return [each for each in warnings if any(text in each for text in texts)]


@pytest.mark.parametrize("half", list(Half))
def test_a_half_is_used_under_its_new_passphrase_only(home, half):
    ids = Keyring.unlock(home.path / half, half, OLD[half]).ids()
    change(home, half, OLD[half])
    assert Keyring.unlock(home.path / half, half, NEW).ids() == ids
    with pytest.raises(KeyringError, match=f"does not open the {half} half"):
        publish(home, OLD[Half.CUSTODY], OLD[Half.ONLINE])
    publish(home, *(OLD | {half: NEW}).values())
    assert about_passphrases(home) == []


@pytest.mark.parametrize("half", list(Half))
def test_a_new_passphrase_that_breaks_a_rule_changes_nothing(home, half):
    before = without_locks(home)
    other = OLD[Half.ONLINE if half is Half.CUSTODY else Half.CUSTODY]
    for new, rule in (
        (b"fifteen letters", "too short"),
        (OLD[half], "already"),
        (other, f"the {half} half is the one of"),
    ):
        with pytest.raises(KeyringError, match=rule) as told:
            change(home, half, OLD[half], new)
        assert new.decode() not in str(told.value)
        assert str(half) in str(told.value)
    assert without_locks(home) == before
    publish(home, *OLD.values())


def test_the_new_one_is_not_asked_for_before_the_former_one_opens_the_half(home):
    with pytest.raises(KeyringError, match="does not open"):
        change_passphrase(home, Half.ONLINE, lambda _: NEW, lambda: pytest.fail("asked for"))


@pytest.mark.parametrize("half", list(Half))
def test_no_other_command_works_on_the_home_meanwhile(home, half):
    with (
        Custody.open(home.path, passphrase=OLD[Half.CUSTODY]),
        pytest.raises(HomeError, match="another command is working on it"),
    ):
        change_passphrase(home, half, lambda _: pytest.fail("asked for"), lambda: NEW)


def test_no_server_runs_on_the_online_half_meanwhile(home):
    with half_locked(home.online, shared=True), half_locked(home.online, shared=True):
        with pytest.raises(HomeError, match="a server is running on it; stop it first"):
            change_passphrase(home, Half.ONLINE, lambda _: pytest.fail("asked for"), lambda: NEW)
        change(home, Half.CUSTODY, OLD[Half.CUSTODY])

    def new():
        with pytest.raises(HomeError, match="its passphrase is being changed"), half_locked(home.online, shared=True):
            pytest.fail("a server started")
        return b"another passphrase of the online half"

    change_passphrase(home, Half.ONLINE, {Half.CUSTODY: NEW, Half.ONLINE: OLD[Half.ONLINE]}.__getitem__, new)


def test_a_serving_machine_gets_its_passphrase_from_custody(home, tmp_path):
    change(home, Half.ONLINE, OLD[Half.ONLINE])
    shutil.copytree(home.online, tmp_path / "server" / "online")
    with pytest.raises(HomeError, match="on the custody machine, run: pilookup passphrase online"):
        change(Home(tmp_path / "server"), Half.ONLINE, NEW, OLD[Half.ONLINE])
    assert "timestamp-public" in Keyring.unlock(tmp_path / "server" / "online", Half.ONLINE, NEW).ids()


def test_opening_destroys_what_a_killed_change_left(home):
    left = home.custody / f"keys-{'0' * 32}"
    shutil.copytree(home.custody / "keys", left)
    publish(home, *OLD.values())
    assert not left.exists()


@pytest.mark.parametrize(
    ("custody", "online", "told"),
    [
        (b"custody", OLD[Half.ONLINE], ["the passphrase of the custody half has fewer than 16 characters"]),
        (OLD[Half.CUSTODY], b"online", ["the passphrase of the online half has fewer than 16 characters"]),
        (NEW, NEW, ["both halves have the same passphrase"]),
        (b"", b"", []),
    ],
    ids=["custody", "online", "shared", "strong"],
)
def test_a_weak_passphrase_opens_and_the_status_warns_until_it_is_changed(home, weak_home, custody, online, told):
    weak = weak_home(custody, online) if told else home
    given = (custody, online) if told else tuple(OLD.values())
    assert about_passphrases(weak) == []
    for _ in range(2):
        publish(weak, *given)
    assert [warning.partition(";")[0] for warning in about_passphrases(weak)] == told
    for warning in about_passphrases(weak):
        half = Half(warning.rpartition("pilookup passphrase ")[2].partition(" ")[0])
        assert warning.endswith(f"; run: pilookup passphrase {half} --home {weak.path}")
        change(weak, half, custody if half is Half.CUSTODY else online, b"a stronger one than before", custody=custody)
    assert about_passphrases(weak) == []


@pytest.mark.parametrize(
    "text", ["", "{}", '{"salt": "00", "rules": ["other"]}', '{"salt": 1, "rules": []}', "[" * 2000]
)
def test_a_damaged_record_is_a_warning(home, text):
    path = home.custody / "weak-passphrase.json"
    path.write_text(text)
    path.chmod(0o600)
    (warning,) = about_passphrases(home)
    assert str(path) in warning
    assert "damaged" in warning
