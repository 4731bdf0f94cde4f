"""Every unknown answer says what happened, apart from those whose reason says all."""

import re
from pathlib import Path

import pytest

import pilookup.checking
from pilookup import Client, Reason, Result
from pilookup.checking.result import DETAILS, Failure
from pilookup.checking.trust import read_root
from pilookup.errors import TrustError
from pilookup.testing import FakeClient, SyntheticNumber
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Host

SAYS_ALL = {Reason.INVALID_NUMBER}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_detail_or_says_all(reason):
    found = [
        Result.unknown(reason).detail,
        Failure(reason).result().detail,
        Failure(reason).without_traceback().result().detail,
    ]
    assert found == [None if reason in SAYS_ALL else DETAILS[reason]] * 3
    assert Result.unknown(reason, detail="more is known").detail == "more is known"


@pytest.mark.parametrize("number", SyntheticNumber)
def test_every_unknown_answer_of_the_fake_client_has_a_detail(number):
    result = FakeClient(sleep=lambda _: None).check(number)
    assert (result.detail is not None) == (result.status == "unknown")


def test_a_wrong_trust_file_is_named_as_the_cause(tmp_path):
    publisher, other = Publisher(), Publisher()
    for each in (publisher, other):
        each.publish({})
    host = Host(publisher)
    try:
        with Client(host.url, channel=publisher.channel, trust=other.pin, state_dir=tmp_path / "state") as client:
            result = client.check("13800138000")
    finally:
        host.close()
    assert result.reason == "bad_signature"
    assert "trust-CHANNEL.json" in result.detail


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x00", b"not json"])
def test_a_trust_file_that_cannot_be_used_is_named_with_a_remedy(tmp_path, content):
    path = tmp_path / "trust-public.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrustError) as raised:
        read_root(path)
    assert str(path) in str(raised.value)
    assert "trust-CHANNEL.json" in str(raised.value)


def test_no_detail_is_made_of_a_bucket_or_a_number():
    """Details go to logs: none is formatted from an index, an identifier or what was typed."""
    for path in Path(pilookup.checking.__file__).parent.rglob("*.py"):
        for detail in re.findall(r"detail=(f\".*)", path.read_text(encoding="utf-8")):
            assert not re.search(r"\{(index|identifier|text|number|body)", detail), (path, detail)
