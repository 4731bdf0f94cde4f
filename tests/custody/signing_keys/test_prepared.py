"""Releases that are prepared, signed on media of holders and finished; and what is not finished, or not signed."""

from datetime import timedelta

import pytest

from pilookup.custody import Custody
from pilookup.custody.home import Home
from pilookup.custody.repository import ChannelRepository
from pilookup.errors import KeysElsewhereError, PublishError
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.summary import summary
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers
from tests.support.custody.signing_keys import check, move_all, opened, root_of, served, signed, signers_on


def test_a_release_is_prepared_signed_on_two_media_and_finished(home, media, published):
    move_all(home, media)
    before = served(home)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure", title_zh="另案", title_en="Another")
        with pytest.raises(
            KeysElsewhereError, match=r"channel public: role targets is short by 2 of 2 signatures.*--prepare"
        ):
            custody.publish("public")
        prepared = custody.prepare("public")
    assert served(home) == before
    assert check(home) == 1
    lines = "\n".join(prepared.summary)
    for part in (
        "serial 2",
        "entries: 10 before, 13 after (+3)",
        "dataset 2 is added: 另案 / Another",
        "2 of 3 keys sign",
    ):
        assert part in lines
    assert tuple(summary(read_request(prepared.request), pinned=True)) == prepared.summary
    one, two = signed(prepared.request, media[0], media[2])
    with opened(home) as custody:
        with pytest.raises(KeysElsewhereError, match="role targets is short by 1 of 2 signatures"):
            custody.finish("public", [one])
        assert served(home) == before
        done = custody.finish("public", [two, one])
        assert (done.serial, done.entries) == (2, 13)
        with pytest.raises(PublishError, match="nothing is prepared"):
            custody.finish("public", [two, one])
    assert check(home) == 2


def test_the_keys_at_hand_sign_too_and_one_command_does_all_three(home, media):
    move_all(home, media, ["targets-public-1", "targets-public-2"])
    with opened(home) as custody:
        prepared = custody.prepare("public")
        custody.finish("public", signed(prepared.request, media[1]))
    with opened(home, signers=signers_on(media[0])) as custody:
        assert custody.publish("public").changed is False
    check(home)


def test_a_removal_says_which_channels_have_to_be_signed(home, media):
    move_all(home, media)
    with opened(home) as custody:
        erased = custody.erase(numbers(1)[0])
        assert ([each.channel for each in erased.published], erased.unsigned) == (["platform"], ("public",))
        assert erased.to_json()["unsigned"] == ["public"]
        withdrawn = custody.withdraw("leak")
        assert (withdrawn.withdrawn, withdrawn.unsigned) == (True, ("public",))
        with pytest.raises(KeysElsewhereError):
            custody.rotate("public")
        prepared = custody.prepare("public")
        done = custody.finish("public", signed(prepared.request, *media[:2]))
    assert (done.epoch, done.entries) == (2, 8)
    channel = home / "online/channels/public"
    assert all(each.entries == 8 for each in verify_directory(channel, None, NOW))
    assert len(list(channel.rglob("*.buckets.bin"))) == 2


def test_the_status_names_what_waits_for_signatures_and_a_root_that_needs_its_keys(home, media):
    move_all(home, media, ["root-public-1", "root-public-2"])

    def told(now=NOW):
        warnings = Custody.status_of(home, clock=lambda: now).warnings
        return [each.partition("; run")[0] for each in warnings if "waits" in each or "root expires" in each]

    assert told() == []
    with opened(home) as custody:
        prepared = custody.prepare("public")
    assert told() == ["public: a prepared release waits for signatures"]
    late = NOW + timedelta(days=280)
    with opened(home, late, date_is_right=True) as custody:
        custody.publish("public")
        assert len(told(late)) == 1
        assert told(late)[0].startswith("public: the root expires")
        prepared = custody.prepare("public")
        custody.finish("public", signed(prepared.request, *media[:2]))
    assert told(late) == []
    assert root_of(home).version == 2
    check(home, late)


@pytest.mark.parametrize("change", ["load", "erase", "rotate", "publish", "file", "time"])
def test_a_release_that_is_not_current_any_more_is_not_finished(home, media, published, change):
    move_all(home, media)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure")
        prepared = custody.prepare("public")
    files = signed(prepared.request, *media[:2])
    later = NOW
    with opened(home, signers=[one for medium in media[:2] for one in signers_on(medium)]) as custody:
        if change == "load":
            custody.load(published / "a.csv", dataset="third", kind="exposure")
        elif change == "erase":
            custody.erase(numbers(1)[0])
        elif change == "rotate":
            custody.rotate("public")
        elif change == "publish":
            custody.publish("public")
        elif change == "file":
            (buckets,) = [path for path in (home / "online/channels/public/targets").rglob("*.buckets.bin")
                          if path not in _listed_files(home)]  # fmt: skip
            buckets.unlink()
        else:
            later = NOW + timedelta(days=16)
    before = served(home)
    with (
        opened(home, later) as custody,
        pytest.raises(PublishError, match=r"changed|nothing is prepared|missing|too long ago"),
    ):
        custody.finish("public", files)
    assert served(home) == before


def _listed_files(home):
    repository = ChannelRepository(Home(home).channel("public"))
    return {repository.targets / epoch.path(name) for epoch in repository.listed() for name in epoch.files}


def test_the_next_prepare_replaces_the_one_before_and_uses_no_version_twice(home, media, published):
    move_all(home, media)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure")
        first = custody.prepare("public")
        second = custody.prepare("public")
        old, new = (read_request(each.request).unsigned for each in (first, second))
        assert new.targets.signed.version == old.targets.signed.version + 1
        assert new.snapshot.signed.version == old.snapshot.signed.version + 1
        assert second.published.serial == first.published.serial + 1
        with pytest.raises(PublishError, match="for another request"):
            custody.finish("public", signed(first.request, *media[:2]))
        custody.finish("public", signed(second.request, *media[:2]))
    assert check(home) == second.published.serial
    assert len(list((home / "online/channels/public/targets").rglob("*.buckets.bin"))) == 2
