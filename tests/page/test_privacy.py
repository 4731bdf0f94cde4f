"""What left this phone: the page shows the very bytes, and none of them says which number it was."""

import base64
import hashlib
import os
import re

import pytest

from pilookup.protocol import oprf
from tests.support.page.home import BOTH, EXPOSED, FOREIGN, MISS
from tests.support.page.search import blinded, find, needles, secrets
from tests.support.page.words import words

OPENING = re.compile(r"/metadata/|/targets/")
"""What is asked when the page opens or a minute has gone by; it has nothing to do with a number."""
PART = re.compile(r"/evaluate|/buckets/|/foreign\.js")


def shown(visitor):
    """(request line, bytes of the body) of each item in the panel."""
    if visitor.page.locator("#sent").get_attribute("open") is None:
        visitor.press("#sent summary")
    items = []
    for item in visitor.page.locator("#sent .sent-item").all():
        line, *rest = item.locator("code").all_inner_texts()
        items.append((line, bytes.fromhex(rest[-1]) if rest else b""))
    return items


def test_the_panel_shows_every_byte_that_was_sent(visitor, proxy):
    for number in (EXPOSED, FOREIGN, MISS, EXPOSED):
        before = len(proxy.recorded)
        visitor.check(number)
        sent = [(f"{request.method} {proxy.url}{request.path}", request.body) for request in proxy.recorded[before:]]
        panel = [item for item in shown(visitor) if not OPENING.search(item[0])]
        assert len(panel) >= 2
        assert sorted(panel) == sorted(item for item in sent if PART.search(item[0]))


def test_the_panel_says_when_nothing_was_sent(asking, language):
    assert words(language)["sentNotYet"] in text_of_panel(asking)
    asking.check("12345")
    assert words(language)["sentNothing"] in text_of_panel(asking)


def test_the_panel_says_how_many_numbers_fetch_the_same_bucket(asking, language):
    """A bucket does not hold them: it has a few hundred entries."""
    fetched = {
        "zh": "十万个以上的号码都会取到这同一包",
        "en": "a block of data that more than 100,000 numbers would fetch",
    }
    assert fetched[language] in text_of_panel(asking)
    assert "混着" not in text_of_panel(asking)


def text_of_panel(visitor):
    if visitor.page.locator("#sent").get_attribute("open") is None:
        visitor.press("#sent summary")
    return visitor.text("#sent")


def test_the_same_number_twice_looks_like_two_numbers(visitor, proxy):
    for _ in range(5):
        assert visitor.check(EXPOSED) == ("found", "exposed")
    elements = [element for request in proxy.recorded for element in blinded(request)]
    assert len(elements) == len(set(elements)) == 6  # five and a canary


def test_nothing_is_requested_before_the_button_is_pressed(visitor, proxy):
    """Neither typing nor leaving the field says anything."""
    visitor.settle()
    before = len(proxy.recorded)
    visitor.typed.append(EXPOSED)
    visitor.page.locator("#number").press_sequentially(EXPOSED, delay=10)
    visitor.page.keyboard.press("Tab")
    visitor.page.wait_for_timeout(500)
    assert [request.path for request in proxy.recorded[before:]] == []
    assert visitor.page.url == f"{proxy.url}/"


def test_hits_and_misses_look_alike_on_the_line(visit, proxy):
    """The same requests, of the same sizes, whatever the answer."""
    shapes = set()
    for number in (EXPOSED, BOTH, MISS):
        visitor = visit()
        before = len(proxy.recorded)
        visitor.check(number)
        posted = [one for one in proxy.recorded[before:] if one.method == "POST"]
        shapes.add(
            tuple((one.path, len(one.body), tuple(sorted(set(one.headers) - {"content-length"}))) for one in posted)
        )
    assert len(shapes) == 1


def test_the_number_is_nowhere_in_the_address_or_history(visitor):
    length = visitor.page.evaluate("history.length")
    visitor.check(EXPOSED)
    assert visitor.page.evaluate("history.length") == length
    assert (
        visitor.page.evaluate("JSON.stringify([location.href, history.state, name, document.title])").count(EXPOSED[3:])
        == 0
    )


LEAKS = {
    "digits": EXPOSED.encode(),
    "grouped": f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:]}".encode(),
    "percent-encoded": f"%2B86{EXPOSED}".encode(),
    "all percent-encoded": "".join(f"%{ord(digit):02X}" for digit in EXPOSED).encode(),
    "UTF-16": EXPOSED.encode("utf-16-be"),
    "hex": f"tel:+86{EXPOSED}".encode().hex().encode(),
    "capital hex": EXPOSED.encode().hex().upper().encode(),
    "base64, at no shift": base64.b64encode(EXPOSED.encode()),
    "base64, at one": base64.b64encode(b"{" + EXPOSED.encode() + b"}"),
    "base64, at two": base64.urlsafe_b64encode(b'{"' + EXPOSED.encode() + b'"}'),
    "backwards": EXPOSED[::-1].encode(),
    "without its prefix": EXPOSED[3:].encode(),
    "SHA-256": hashlib.sha256(EXPOSED.encode()).digest(),
    "hex of MD5": hashlib.md5(f"+86{EXPOSED}".encode()).hexdigest().encode(),
    "base64 of SM3": base64.b64encode(hashlib.new("sm3", EXPOSED.encode()).digest()),
    "an integer": int(EXPOSED).to_bytes(8, "big"),
    "packed decimal": bytes.fromhex(f"86{EXPOSED}f"),
    "full width": "".join(chr(ord(digit) + 0xFEE0) for digit in EXPOSED).encode(),
    "unblinded": oprf.tokenise([f"tel:+86{EXPOSED}".encode()], oprf.SecretKey.from_bytes((1).to_bytes(32, "little"))),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_search_finds_what_is_there(leak):
    """Every request of every test here is searched; the search can fail."""
    wanted = needles(EXPOSED)
    noise = os.urandom(2000)
    assert find(wanted, noise + LEAKS[leak] + noise)
    assert not find(wanted, noise + noise)


def test_the_search_finds_tokens_and_elements(channel_key):
    wanted = list(secrets(EXPOSED, channel_key))
    element = oprf.tokenise([f"tel:+86{EXPOSED}".encode()], channel_key)
    assert find(wanted, b"q=" + base64.b64encode(b"x" + element))
    assert not find(wanted, os.urandom(5000))


def test_a_page_that_sends_the_number_is_caught(visit, proxy):
    """A page changed to send the number along, in a way that is easily overlooked, fails these tests."""
    proxy.alter("/page.js", lambda script: script + LEAK)
    visitor = visit()
    with visitor.page.expect_response(lambda answer: "icon.svg?v=" in answer.url):
        visitor.check(EXPOSED)
    with pytest.raises(AssertionError, match="holds a number"):
        visitor.assert_private()
    with pytest.raises(AssertionError):
        visitor.assert_well_behaved()
    visitor.typed.clear()
    proxy.recorded.clear()
    visitor.context.clear_cookies()
    visitor.expected = ["404"]


LEAK = b"""
document.addEventListener('click', () => {
  const text = document.getElementById('number').value.replace(/\\D/g, '');
  document.cookie = 'seen=1';
  fetch('icon.svg?v=' + btoa('v1:' + text));
}, true);
"""


def test_the_policy_is_strict_and_kept(visitor, proxy):
    """No report of a violation is on any console (every test looks); the policy is the one that was promised."""
    [index] = [request for request in proxy.recorded if request.path == "/"]
    policy = proxy.answer(index).headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    for name in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert directives[name] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    assert directives.pop("media-src") == "blob:", "what its own scripts put together"
    assert not re.search(r"unsafe|data:|blob:|\*|https?:", str(directives))
    for name in ("page.js", "worker.js", "sw.js"):
        answer = proxy.answer(next(request for request in proxy.recorded if request.path == f"/{name}"))
        assert answer.headers["content-security-policy"] == policy
