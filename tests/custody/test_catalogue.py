"""Texts and expiry of datasets: cases.json in a release, `dataset show|set`, what is logged, and what leaves when."""

import json
from datetime import timedelta

import pytest

from pilookup.custody import Custody, DatasetChange
from pilookup.custody.audit.entry import Entry
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.home import Home
from pilookup.errors import CustodyError, PublishError
from pilookup.protocol.cases import CASES_FILE, Texts, cases_from_bytes
from pilookup.protocol.feed import FEED_FILE, ListedCase, feed_id, feed_to_bytes
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW, initialised, look_up
from tests.support.custody.command import load_of, run
from tests.support.custody.home import numbers, write_csv
from tests.support.passphrase_cost import shipped_profile

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
TEXTS = {
    "platforms": [{"zh": "某购物平台", "en": "A shop"}],
    "close_url": "https://shop.example/close",
    "appeal": {"who": {"zh": "某公安局", "en": "A police station"}},
}
TODAY = NOW.date()


@pytest.fixture
def home(tmp_path):
    return initialised(tmp_path / "home")


def opened(home, now=NOW, **options):
    return Custody.open(home, **BOTH, clock=lambda: now, **options)


@pytest.fixture
def loaded(home, tmp_path):
    """A HOME with two published datasets of different numbers."""
    with opened(home) as custody:
        for at, slug in enumerate(("leak", "farm")):
            file = write_csv(tmp_path / f"{slug}.csv", numbers(20, start=100 * at))
            custody.load(file, dataset=slug, kind="exposure", expires_on=None if at else TODAY + timedelta(days=40))
        custody.publish("public")
        custody.publish("platform")
    return home


def released(home, channel="public"):
    """The details of the cases of the served release, or None; and its serial and the name of its buckets."""
    with opened(home) as custody:
        repository = custody._session().repository(channel)
        epoch = repository.listed()[0]
        manifest = json.loads((repository.targets / epoch.path("manifest.json")).read_bytes())
        ref = epoch.files.get(CASES_FILE)
        cases = cases_from_bytes((repository.targets / epoch.path(CASES_FILE)).read_bytes()) if ref else None
        return cases, manifest["serial"], epoch.files["buckets.bin"]


def warnings(home, now):
    return [
        text for text in Custody.status_of(home, clock=lambda: now).warnings if "dataset" in text or "removed" in text
    ]


def test_texts_take_effect_with_the_next_publish_and_leave_the_buckets_as_they_are(loaded):
    before, serial, buckets = released(loaded)
    assert before is None
    with opened(loaded) as custody:
        custody.change_dataset("farm", DatasetChange(title_en="The farm", texts=TEXTS))
        assert custody.publish("public").changed
        assert not custody.publish("public").changed
    cases, newer, same = released(loaded)
    assert (newer, same) == (serial + 1, buckets)
    assert cases[2].platforms == (Texts("某购物平台", "A shop"),)
    assert (cases[2].updated, cases[2].size, cases[1].size) == (TODAY, "under-1000", "under-1000")
    directory = loaded / "online" / "channels" / "public"
    assert verify_directory(directory, (loaded / "trust-public.json").read_bytes(), NOW)


def test_texts_are_taken_away_again(loaded):
    with opened(loaded) as custody:
        custody.change_dataset("farm", DatasetChange(texts=TEXTS))
        custody.publish("public")
        custody.change_dataset("farm", DatasetChange(texts={}))
        custody.publish("public")
    assert released(loaded)[0] is None


def feed_of(home, channel="public"):
    """The feed of the served release; None if it has none."""
    with opened(home) as custody:
        repository = custody._session().repository(channel)
        epoch = repository.listed()[0]
        return (repository.targets / epoch.path(FEED_FILE)).read_bytes() if FEED_FILE in epoch.files else None


def test_the_feed_lists_the_cases_of_the_catalogue_on_public_alone(loaded):
    """A new case, other texts and a withdrawal change it; a repeated publish does not; a rotation keeps its ids."""
    root = (loaded / "trust-public.json").read_bytes()

    def expected(*cases):
        return feed_to_bytes(feed_id(root), cases)

    def exposed(number, zh, en, updated):
        return ListedCase(Case(number, Kind.EXPOSURE, zh, en), TODAY, updated)

    leak, farm = exposed(1, "leak", "leak", TODAY), exposed(2, "farm", "farm", TODAY)
    assert feed_of(loaded) == expected(leak, farm)
    assert feed_of(loaded, "platform") is None
    later = NOW + timedelta(days=2)
    with opened(loaded, later) as custody:
        assert not custody.publish("public").changed
        custody.change_dataset("farm", DatasetChange(title_en="The farm", texts=TEXTS))
        custody.publish("public")
    farm = exposed(2, "farm", "The farm", later.date())
    assert feed_of(loaded) == expected(leak, farm)
    with opened(loaded, later) as custody:
        custody.withdraw("leak")
        custody.rotate("public")
    assert feed_of(loaded) == expected(farm)
    directory = loaded / "online" / "channels" / "public"
    assert verify_directory(directory, root, later)


def test_a_change_is_logged_without_its_texts(loaded):
    with opened(loaded) as custody:
        custody.change_dataset("leak", DatasetChange(title_zh="某案 13800138000", never_expires=True, texts=TEXTS))
    first, last = [Entry.from_line(line) for line in read_lines(Home(loaded).audit_log).lines][-2:]
    assert first.details == {"dataset": "leak", "changes": ["details", "details_updated_on", "expires_on", "title_zh"]}
    assert str(last.phase) == "done"
    assert b"13800138000" not in Home(loaded).audit_log.read_bytes()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (DatasetChange(), "nothing to change"),
        (DatasetChange(title_en=""), "title"),
        (DatasetChange(expires_on=TODAY), "expires on a later day"),
        (DatasetChange(texts={"colour": 1}), "colour"),
        (DatasetChange(texts={"appeal": {"fax": 1}}), "fax"),
        (DatasetChange(texts={"close_url": "http://a.example"}), "close_url"),
        (DatasetChange(texts={"close": {"zh": "a", "en": "b\x00"}}), "close.en"),
    ],
)
def test_a_change_that_is_not_valid_is_refused(loaded, change, named):
    before = Home(loaded).audit_log.read_bytes()
    with opened(loaded) as custody, pytest.raises(CustodyError, match=named):
        custody.change_dataset("leak", change)
    assert Home(loaded).audit_log.read_bytes() == before


def test_records_leave_with_the_first_publish_on_the_day(loaded):
    day = NOW + timedelta(days=40)
    assert warnings(loaded, NOW) == []
    assert warnings(loaded, NOW + timedelta(days=12))[0].startswith("dataset leak: expires")
    assert warnings(loaded, day)[0].startswith(f"dataset leak: expired {day.date()}")
    with opened(loaded, day - timedelta(days=1), date_is_right=True) as custody:
        assert custody.publish("public").expired == ()
    with opened(loaded, day, date_is_right=True) as custody:
        done = custody.publish("public")
        assert (done.expired, done.entries) == (("leak",), 20 + len(released_canaries(custody)))
        assert [look_up(custody._session(), number)[0][0] for number in numbers(1)] == [None]
        assert look_up(custody._session(), numbers(1)[0], "platform")[0][0] is not None
    assert [text.partition(":")[0] for text in warnings(loaded, day)] == ["platform"]
    with opened(loaded, day, date_is_right=True) as custody:
        assert custody.publish("platform").expired == ()
    assert warnings(loaded, day) == []
    log = [Entry.from_line(line) for line in read_lines(Home(loaded).audit_log).lines]
    assert [each.details["expired"] for each in log if "expired" in each.details] == [["leak"]]


@pytest.mark.parametrize("prepare", [False, True])
def test_a_release_that_replaces_a_key_is_a_publish_too(loaded, prepare):
    with opened(loaded, NOW + timedelta(days=40), date_is_right=True) as custody:
        done = custody.replace_key("public", "snapshot", prepare=prepare)
        assert (done.published if prepare else done).expired == ("leak",)
        if not prepare:
            assert [look_up(custody._session(), number)[0][0] for number in numbers(1)] == [None]


def released_canaries(custody):
    repository = custody._session().repository("public")
    epoch = repository.listed()[0]
    return json.loads((repository.targets / epoch.path("manifest.json")).read_bytes())["canaries"]


def test_a_doubtful_date_takes_nothing_away(loaded):
    late = NOW + timedelta(days=400)
    with opened(loaded, late) as custody, pytest.raises(PublishError, match="date"):
        custody.publish("public")
    assert [each.withdrawn for each in Custody.status_of(loaded).datasets] == [False, False]


def test_another_expiry_is_not_that_of_the_dataset(loaded, tmp_path):
    file = write_csv(tmp_path / "more.csv", numbers(5, start=900))
    with opened(loaded) as custody:
        with pytest.raises(
            CustodyError, match=r"--expires, which is \d{4}-\d\d-\d\d; .* pilookup dataset set leak --expires \d{4}"
        ):
            custody.load(file, dataset="leak", kind="exposure", expires_on=TODAY + timedelta(days=50))
        with pytest.raises(CustodyError, match="expires on a later day"):
            custody.load(file, dataset="new", kind="exposure", expires_on=TODAY)


def test_commands_show_and_set(tmp_path):
    with shipped_profile():
        home = initialised(tmp_path / "home")
    file = write_csv(tmp_path / "a.csv", numbers(20))
    assert run(home, *load_of(file, "--expires", "2999-01-02")).returncode == 0
    texts = tmp_path / "texts.toml"
    texts.write_text(
        'close_url = "https://shop.example/close"\n[appeal.who]\nzh = "某公安局"\nen = "A police station"\n',
        encoding="utf-8",
    )
    done = run(home, "dataset", "set", "case-1", "--texts", str(texts), "--expires", "2999-02-03", "--operator", "Li")
    assert done.returncode == 0, done.stderr
    shown = json.loads(run(home, "dataset", "show", "case-1", "--json").stdout)
    assert (shown["expires_on"], shown["texts"]["appeal"]["who"]["zh"]) == ("2999-02-03", "某公安局")
    assert "expires on: 2999-02-03" in run(home, "dataset", "show", "case-1").stdout
    refused = run(home, "dataset", "show", "case-2")
    assert (refused.returncode, "there is no dataset case-2" in refused.stderr) == (1, True)
    texts.write_text("close = [", encoding="utf-8")
    assert "texts.toml" in run(home, "dataset", "set", "case-1", "--texts", str(texts)).stderr
