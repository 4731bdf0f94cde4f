"""The page hosted apart from the server, buckets from a third place, and settings that are wrong."""

import json
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, FOREIGN, MISS, MISSED, Held
from tests.support.page.proxy import Answer, Proxy, Static
from tests.support.page.windows import LANGUAGES
from tests.support.page.words import assert_could_not_check, words

NETWORK = "Failed to load resource|CORS policy"


@pytest.fixture
def apart(home, front, visit):
    """Page, evaluator and buckets on three origins."""

    def open_(server_for):
        evaluator, buckets = front(Later()), front(Later())
        page = front(Static(evaluator.url, buckets.url, home.trust()))
        server = server_for(page.url)
        evaluator.upstream.base_url = buckets.upstream.base_url = server.url
        return visit(page.page, [page, evaluator, buckets]), page, evaluator, buckets

    return open_


class Later(Proxy):
    """A proxy whose address must be known before its server's."""

    def __init__(self):
        super().__init__("http://127.0.0.1:9")


def test_three_origins(apart, home, serve):
    visitor, page, evaluator, buckets = apart(lambda origin: serve(home, allowed_origins=origin))
    assert visitor.check(EXPOSED) == ("found", "exposed")
    assert visitor.check(FOREIGN) == ("found", "exposed")
    assert visitor.check(MISS) == ("not_found", None)
    assert {path.split("?")[0] for path in evaluator.paths()} == {"/v1/channels/public/evaluate"}
    assert not buckets.paths("evaluate")
    assert buckets.paths("/buckets/")
    assert not page.paths("/v1/")
    assert {request.method for request in page.recorded} == {"GET"}
    assert not [request for request in evaluator.recorded + buckets.recorded if "referer" in request.headers]
    visitor.assert_nothing_kept()


def test_proofs_and_waits_across_origins(apart, strict):
    """The page may send `Pilookup-Proof` there and read `Retry-After`."""
    visitor, _, evaluator, _ = apart(lambda _: strict)
    visitor.expected = [NETWORK]
    result = [visitor.check(number) for number in [EXPOSED, *MISSED]]
    assert result[:6] == [("found", "exposed")] + [("not_found", None)] * 5
    assert [request for request in evaluator.recorded if "pilookup-proof" in request.headers]
    assert_could_not_check(visitor, result[-1], "rate_limited")
    evaluator.change("/evaluate", lambda _, answer: waiting(answer, 110))
    assert_could_not_check(visitor, visitor.check(EXPOSED), "rate_limited")
    assert words("zh")["wait"]["2"] in visitor.text()


def waiting(answer, seconds):
    return replace(answer, headers=answer.headers | {"retry-after": str(seconds)}) if answer.status == 429 else answer


def test_an_origin_that_is_not_allowed(apart, server):
    visitor, *_ = apart(lambda _: server)
    visitor.expected = [NETWORK]
    assert_could_not_check(visitor, visitor.check(EXPOSED), "unreachable")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Another custodian."""
    return Held.make(tmp_path_factory.mktemp("stranger") / "home")


def config_changed(proxy, **members):
    proxy.alter("/config.json", lambda body: json.dumps(json.loads(body) | members).encode())


BROKEN = {
    "missing": lambda proxy: proxy.change("/config.json", lambda *_: Answer.problem(404)),
    "not JSON": lambda proxy: proxy.alter("/config.json", lambda body: body[:-1]),
    "a root that is none": lambda proxy: config_changed(proxy, root={"signed": {}}),
    "plain HTTP to elsewhere": lambda proxy: config_changed(proxy, server="http://check.example"),
    "a channel that is a path": lambda proxy: config_changed(proxy, channel="../../x"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_page_that_is_not_set_up_says_so(visit, proxy, case):
    BROKEN[case](proxy)
    visitor = visit()
    visitor.expected = [NETWORK]
    assert visitor.check(EXPOSED) == ("unknown", "not_configured")
    assert_could_not_check(visitor, ("unknown", "not_configured"), None)
    assert not proxy.paths("/evaluate")


def test_a_root_of_somebody_else(visit, proxy, stranger):
    config_changed(proxy, root=json.loads(stranger.trust()))
    visitor = visit()
    assert_could_not_check(visitor, visitor.check(EXPOSED), "bad_signature")
    assert not proxy.paths("/evaluate")


def test_a_server_of_somebody_else(visit, front, serve, home, stranger):
    """Everything is signed, by the wrong custodian: the pinned root is what tells."""
    proxy = front(Proxy(serve(stranger).url))
    config_changed(proxy, root=json.loads(home.trust()))
    visitor = visit(proxy.url, [proxy])
    assert_could_not_check(visitor, visitor.check(EXPOSED), "bad_signature")


def test_configuration_that_arrives_late(visit, proxy):
    """Out of reach at first; the next check asks again."""
    proxy.change("/config.json", lambda *_: Answer(cut=-1))
    visitor = visit()
    visitor.expected = [NETWORK]
    assert_could_not_check(visitor, visitor.check(EXPOSED), "unreachable")
    proxy.honest()
    assert visitor.check(EXPOSED) == ("found", "exposed")


def test_pending_configuration_is_not_requested_again(visit, proxy):
    """Somebody types faster than the line is."""
    proxy.hold("/config.json")
    visitor = visit()
    visitor.enter(EXPOSED)
    visitor.press("#check")
    expect(visitor.page.locator("#step")).not_to_be_empty()
    proxy.release()
    assert visitor.result() == ("found", "exposed")
    assert len(proxy.paths("/config.json")) == 1


OPERATOR = {"name": {"zh": "青山县公安局", "en": "Qingshan police"}, "telephone": "0971-1234567", "filing": "测试备1号"}


@pytest.mark.parametrize("real", [True, False])
def test_the_footer_names_the_operator_and_how_to_recognise_a_copy(visit, proxy, language, real):
    address = proxy.url if real else "https://check.example"
    config_changed(proxy, operator=OPERATOR | {"address": address}, stray="ignored")
    visitor = visit(locale=LANGUAGES[language])
    foot = visitor.page.locator("#foot")
    for text in (OPERATOR["name"][language], OPERATOR["telephone"], OPERATOR["filing"], address):
        expect(foot).to_contain_text(text)
    assert foot.locator("a[href^='tel:']").get_attribute("href") == "tel:09711234567"
    assert (proxy.url in foot.inner_text().replace(address, "", 1)) != real


def test_an_operator_that_is_not_named(visitor):
    expect(visitor.page.locator("#foot")).to_contain_text(words("zh")["noOperator"])


def test_an_operator_is_text_and_nothing_else(visit, proxy):
    config_changed(
        proxy, operator={"name": {"zh": "<img src=x>", "en": 7}, "telephone": "javascript:1", "address": None}
    )
    visitor = visit()
    expect(visitor.page.locator("#foot")).to_contain_text("<img src=x>")
    assert not visitor.page.locator("#foot img").count()
    assert not visitor.page.locator("a[href^='javascript']").count()
    proxy.change("/config.json", lambda _, a: replace(a, status=503))
