"""cases.json: what is written is read, what is unknown is ignored, and what breaks a rule is refused by name."""

from datetime import date

import pytest
import rfc8785

from pilookup.errors import FormatError
from pilookup.protocol.cases import (
    MAX_CASES_BYTES,
    Appeal,
    CaseDetails,
    Texts,
    cases_from_bytes,
    cases_to_bytes,
    is_link,
    size_class,
)

WHOLE = CaseDetails(
    updated=date(2026, 11, 29),
    size="1000",
    platforms=(Texts("某购物平台", "A shop"), Texts("某聊天软件", "A chat")),
    close=Texts("在设置里注销。", "Close the account in its settings."),
    close_url="https://shop.example/close?a=1#b",
    appeal=Appeal(
        Texts("某公安局", "A police station"),
        Texts("带证件前往。", "Come in person."),
        Texts("身份证", "An ID"),
        "https://a.example",
    ),
)


def with_case(**members):
    return rfc8785.dumps({"format": 1, "cases": [{"id": 1, **members}]})


def test_what_is_written_is_read():
    cases = {3: CaseDetails(), 1: WHOLE}
    data = cases_to_bytes(cases)
    assert cases_from_bytes(data) == cases
    assert data == cases_to_bytes(dict(reversed(cases.items())))
    assert rfc8785.dumps({"format": 1, "cases": [{"id": 3}]}) == cases_to_bytes({3: CaseDetails()})


def test_unknown_members_are_ignored_at_every_level():
    body = WHOLE.to_json()
    body |= {"of-tomorrow": [1], "size": "10000000"}
    body["appeal"] |= {"fax": 1}
    body["close"] |= {"bo": "x"}
    data = rfc8785.dumps({"format": 1, "cases": [{"id": 1, **body}], "of-tomorrow": {}})
    read = cases_from_bytes(data)[1]
    assert (read.size, read.appeal, read.close) == ("10000000", WHOLE.appeal, WHOLE.close)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"platforms": [{"zh": "a", "en": "b"}] * 51}, "platforms"),
        ({"platforms": [{"zh": "a"}]}, "platforms.en"),
        ({"platforms": [{"zh": "a" * 201, "en": "b"}]}, "platforms.zh"),
        ({"close": {"zh": "a\nb", "en": "b"}}, "close.zh"),
        ({"close": {"zh": "a", "en": "b" * 1001}}, "close.en"),
        ({"close": {"zh": "a", "en": "\u202eb"}}, "close.en"),
        ({"close": "a"}, "close"),
        ({"close_url": "http://a.example"}, "close_url"),
        ({"close_url": "https://user@a.example"}, "close_url"),
        ({"close_url": 'https://a.example/"x'}, "close_url"),
        ({"appeal": {"url": "javascript:alert(1)"}}, "appeal.url"),
        ({"appeal": {"who": {"zh": "", "en": "b"}}}, "who.zh"),
        ({"appeal": []}, "appeal"),
        ({"size": "Big"}, "size"),
        ({"updated": "2026-1-1"}, "updated"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(members, named):
    with pytest.raises(FormatError, match=named):
        cases_from_bytes(with_case(**members))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"cases":[],"format":2}',
        b'{"cases":[],"format":true}',
        b'{"format":1}',
        b'{"cases":[{"id":0}],"format":1}',
        b'{"cases":[{"id":2},{"id":1}],"format":1}',
        b'{"cases":[{"id":1},{"id":1}],"format":1}',
        b'{"cases": [],"format":1}',
        b'{"cases":[],"format":1}' + b" " * MAX_CASES_BYTES,
        b"[" * 100_000,
    ],
)
def test_other_bytes_are_refused(data):
    with pytest.raises(FormatError):
        cases_from_bytes(data)


def test_a_file_that_no_reader_takes_is_not_written():
    text = Texts("字" * 1000, "x" * 1000)
    large = CaseDetails(close=text, appeal=Appeal(how=text, papers=text))
    with pytest.raises(FormatError, match="shorten the texts"):
        cases_to_bytes(dict.fromkeys(range(1, 500), large))


@pytest.mark.parametrize(
    ("numbers", "code"),
    [(0, "under-1000"), (999, "under-1000"), (1000, "1000"), (99_999, "10000"), (5_000_000, "1000000")],
)
def test_size_classes(numbers, code):
    assert size_class(numbers) == code


@pytest.mark.parametrize("link", ["https://a", "https://a.example:8443/b?c=d&e=%20#f", "https://" + "a" * 492])
def test_links(link):
    assert is_link(link)
    assert not is_link(link.replace("https", "http"))
    assert not is_link(f"{link} x")
    assert not is_link("https://" + "a" * 493)
