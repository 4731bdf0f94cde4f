"""Custody signs with no date that is out of order, unless somebody says that it is right."""

import shutil
from datetime import timedelta

import pytest

from pilookup.custody import Custody
from pilookup.errors import PublishError
from tests.support.custody.channel import NOW
from tests.support.custody.home import files_under, numbers, write_csv

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
WRONG = {
    "ahead": (NOW + timedelta(days=31), r"which is 31 days after the last signature"),
    "behind": (NOW - timedelta(minutes=11), "but this HOME has a signature or an epoch of"),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    with Custody.open(folder / "home", **BOTH, clock=lambda: NOW) as custody:
        custody.load(write_csv(folder / "a.csv", numbers(3)), dataset="leak", kind="exposure")
        custody.publish("public")
    return folder / "home"


@pytest.fixture
def home(published, tmp_path):
    return shutil.copytree(published, tmp_path / "home")


def opened(home, now, **options):
    return Custody.open(home, **BOTH, clock=lambda: now, **options)


ACTS = {
    "publish": lambda custody: custody.publish("public"),
    "first publish of another channel": lambda custody: custody.publish("platform"),
    "rotate": lambda custody: custody.rotate("public"),
    "withdraw": lambda custody: custody.withdraw("leak"),
    "erase": lambda custody: custody.erase(numbers(1)[0]),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_date_out_of_order_is_refused_before_anything_is_changed(home, act, wrong):
    now, text = WRONG[wrong]
    before = files_under(home)
    with (
        opened(home, now) as custody,
        pytest.raises(PublishError, match=f"{text}.*nothing was changed.*--date-is-right"),
    ):
        ACTS[act](custody)
    assert files_under(home) == before


@pytest.mark.parametrize("now", [NOW - timedelta(minutes=9), NOW + timedelta(days=29)])
def test_a_date_in_order_needs_no_word(home, now):
    with opened(home, now, date_is_right=lambda _: pytest.fail("asked")) as custody:
        assert custody.check_date() == now
        custody.publish("public")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_person_is_asked_once_and_a_no_is_a_refusal(home, wrong):
    now, _ = WRONG[wrong]
    asked = []
    with opened(home, now, date_is_right=lambda doubt: asked.append(doubt) or True) as custody:
        custody.check_date()
        custody.publish("public")
        custody.publish("platform")
    assert len(asked) == 1
    with opened(home, now - timedelta(days=1), date_is_right=lambda _: False) as custody, pytest.raises(PublishError):
        custody.publish("public")


def test_the_word_of_the_caller_is_enough(home):
    with opened(home, NOW + timedelta(days=300), date_is_right=True) as custody:
        assert custody.publish("public").epoch == 2


def test_a_timestamp_of_the_future_that_was_received_is_asked_about(home):
    """A server whose clock was ahead has renewed it, and it was copied back."""
    with opened(home, NOW) as custody:
        session = custody._session()
        keys = session.signers("public")["timestamp"]
        session.repository("public").sign_timestamp(1, keys, NOW + timedelta(days=10))
    with opened(home, NOW) as custody, pytest.raises(PublishError, match="has a signature"):
        custody.publish("public")


def test_before_anything_is_signed_a_late_date_is_no_doubt(tmp_path):
    Custody.initialise(tmp_path / "home", **BOTH, clock=lambda: NOW)
    with opened(tmp_path / "home", NOW + timedelta(days=100)) as custody:
        custody.publish("public")
