"""Quotas: past the reserve a proof of work, solved in the background; past the ceiling a wait."""

import base64
import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, MISS, MISSED
from tests.support.page.proxy import Answer, Proxy
from tests.support.page.search import blinded
from tests.support.page.server import CEILING, RESERVE
from tests.support.page.words import assert_could_not_check, assert_says, words

NETWORK = r"429"


def test_at_the_ceiling(asking, proxy, language):
    asking.expected = [NETWORK]
    for seconds, minutes in (({"retry_after": 45}, "1"), ({"retry_after": 90}, "2"), ({}, "1")):
        before = len(proxy.paths("/evaluate"))
        proxy.change("/evaluate", lambda *_, seconds=seconds: Answer.problem(429, **seconds))
        assert_could_not_check(asking, asking.check(EXPOSED), "rate_limited")
        assert_says(asking, words(language)["wait"][minutes])
        assert len(proxy.paths("/evaluate")) == before + 1, "a page that was told to wait does not go on asking"
        proxy.honest()
        assert asking.check(EXPOSED) == ("found", "exposed")


def test_a_short_wait_is_counted_and_ends_by_itself(asking, proxy, language):
    """Who stands behind a carrier's shared address need not press again at the right second."""
    asking.expected = [NETWORK]
    asking.settle()
    body = {"type": "urn:pilookup:problem:rate-limited", "title": "Over quota", "status": 429}
    headers = {"content-type": "application/problem+json", "retry-after": "2"}
    refused = [Answer(429, json.dumps(body).encode(), headers)]
    proxy.change("/evaluate", lambda _, answer: refused.pop() if refused else answer)
    asking.enter(EXPOSED)
    asking.press("#check")
    step = asking.page.locator("#step")
    expect(step).to_contain_text(words(language)["step"]["waiting"])
    expect(step).to_contain_text(words(language)["secondsLeft"]["1"])
    assert not asking.answer.get_attribute("data-status")
    assert asking.result() == ("found", "exposed")
    first, second = evaluations(proxy)
    assert not set(blinded(first)) & set(blinded(second))


@pytest.fixture
def watched(strict, front, visit):
    """A page at a server with small quotas, and every text its progress line showed."""
    proxy = front(Proxy(strict.url))
    visitor = visit(proxy.url, [proxy])
    visitor.expected = [NETWORK]
    visitor.page.evaluate("""() => {
      const step = document.getElementById('step');
      self.stepsShown = [];
      new MutationObserver(() => stepsShown.push(step.innerText))
        .observe(step, { childList: true, characterData: true, subtree: true, attributes: true });
    }""")
    return visitor, proxy


def evaluations(proxy):
    return [request for request in proxy.recorded if request.method == "POST"]


def test_past_the_reserve_a_proof_and_past_the_ceiling_a_wait(watched):
    visitor, proxy = watched
    result = [visitor.check(number) for number in [EXPOSED, *MISSED]]
    proven = [request for request in evaluations(proxy) if "pilookup-proof" in request.headers]
    assert result[:6] == [("found", "exposed")] + [("not_found", None)] * 5
    assert_could_not_check(visitor, result[-1], "rate_limited")
    assert re.search(words("zh")["wait"]["2"].replace("2", "[0-9]+"), visitor.text())
    for request in proven:
        proof = json.loads(base64.b64decode(request.headers["pilookup-proof"]))
        assert set(proof) == {"challenge", "solution"}
    assert len(proven) >= (CEILING - RESERVE) / 2 - 2
    assert [text for text in visitor.page.evaluate("stepsShown") if words("zh")["step"]["working"] in text]


def test_a_request_with_a_proof_of_work_is_blinded_again(watched):
    visitor, proxy = watched
    for number in MISSED[:3]:
        assert visitor.check(number) == ("not_found", None)
    *_, refused, proven = evaluations(proxy)
    assert "pilookup-proof" in proven.headers
    assert len(blinded(refused)) == len(blinded(proven)) == 1
    assert blinded(refused) != blinded(proven)


def test_a_proof_that_is_refused_is_not_made_again_and_again(watched):
    visitor, proxy = watched
    proxy.change("/evaluate", demand(proxy))
    for number in MISSED[:3]:
        visitor.check(number)
    before = len(evaluations(proxy))
    assert_could_not_check(visitor, visitor.check(EXPOSED), "rate_limited")
    assert len(evaluations(proxy)) == before + 2


def demand(proxy):
    """Hands out the first challenge it sees for ever."""
    seen = []

    def twist(request, answer):
        if answer.status == 429:
            seen.append(answer)
        return seen[0] if seen else answer

    return twist


@pytest.mark.parametrize("damage", ["cost", "algorithm", "parameters", "list"])
def test_a_challenge_without_end_or_sense(watched, damage):
    """A server cannot keep a phone busy for ever."""
    visitor, proxy = watched

    def twist(request, answer):
        if answer.status != 429:
            return answer
        body = json.loads(answer.body)
        parameters = body["challenge"]["parameters"]
        parameters |= {"cost": {"cost": 10**12}, "algorithm": {"algorithm": "ARGON2ID"}}.get(damage, {})
        if damage == "parameters":
            del body["challenge"]["parameters"]
        if damage == "list":
            body["challenge"] = []
        return replace(answer, body=json.dumps(body).encode())

    for number in MISSED[:3]:
        visitor.check(number)
    proxy.change("/evaluate", twist)
    assert_could_not_check(visitor, visitor.check(MISS), "rate_limited")
    proxy.honest()
    assert visitor.check(EXPOSED) == ("found", "exposed")
