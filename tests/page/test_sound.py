"""Recorded sound: fetched whole on the first press, played from a blob, and the same for every answer on the line."""

import base64
import json
import re

import pytest
from pilookup_server.page_host.sound.recording import Spoken
from playwright.sync_api import expect

from tests.support.page.home import BOTH, EXPOSED, MISS
from tests.support.page.proxy import Answer
from tests.support.page.recordings import packed, said
from tests.support.page.voices import HERE, speech
from tests.support.page.windows import LANGUAGES, PATIENCE
from tests.support.page.words import words

PLAYED = """
self.played = [];
const make = URL.createObjectURL;
URL.createObjectURL = blob => {
  const at = played.push(null) - 1;
  const reader = new FileReader();
  reader.onload = () => { played[at] = reader.result.split(',')[1]; };
  reader.readAsDataURL(blob);
  return make(blob);
};
"""
INTRODUCTION = ["title", "promise", "how", "before", "gift", "phone", "code", "refuse"]
WARNINGS = ["warnings.0", "warnings.1"]
FALLS_BACK = "no recorded|sound/|sound.js|Failed to load|media-src|Content Security"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A recording of each language; the second one says who runs the page."""
    folder = tmp_path_factory.mktemp("recordings")
    spoken = {"yue": Spoken("某某市公安局", "0571-12345678")}
    return {tag: packed(folder, tag, spoken.get(tag)) for tag in ("zh-CN", "yue", "za", "en")}


def config_changed(proxy, **members):
    proxy.alter("/config.json", lambda body: json.dumps(json.loads(body) | members).encode())


@pytest.fixture
def offer(proxy, recordings):
    """Let the page's configuration name recordings, and its host serve them."""

    def put(*tags, **members):
        offered = [recordings[tag] for tag in tags]
        config_changed(proxy, sounds=[one.to_json() for one in offered], **members)
        for one in offered:
            proxy.change(
                f"/{one.path}", lambda *_, one=one: Answer(200, one.data, {"content-type": "application/octet-stream"})
            )

    return put


@pytest.fixture
def listen(visit, proxy):
    """A visitor whose page notes what is played. `voices` are those of the device; None: it has no speech."""

    def open_(*voices, **options):
        visitor = visit("", **options)
        page = visitor.page
        page.add_init_script(speech(*voices) if voices else "delete self.speechSynthesis;")
        page.add_init_script(PLAYED)
        return visitor.open(proxy.url)

    return open_


def press(visitor, selector="#aloud"):
    """Press, and return the names of the sentences that are played."""
    page = visitor.page
    before = page.evaluate("played.length")
    page.locator(selector).first.click()
    page.wait_for_function("before => played.length > before && played[before] !== null", arg=before, timeout=PATIENCE)
    page.wait_for_function("() => document.querySelector('#sounds p').textContent === ''", timeout=PATIENCE)
    return said(base64.b64decode(page.evaluate("before => played[before]", before)))


def of_sound(proxy):
    return [path for path in proxy.paths() if "sound" in path]


def test_the_recording_is_fetched_whole_on_the_first_press(listen, offer, proxy, recordings):
    offer("zh-CN")
    visitor = listen()
    visitor.check(EXPOSED)
    visitor.settle()
    assert of_sound(proxy) == [], "before a press"
    assert press(visitor)[0] == "found.exposed"
    expect(visitor.page.locator("#aloud")).to_have_text(words("zh")["stop"])
    visitor.press("#aloud")
    expect(visitor.page.locator("#aloud")).to_have_text(words("zh")["readAloud"])
    press(visitor, "#answer .aloud")
    assert of_sound(proxy) == ["/sound.js", f"/{recordings['zh-CN'].path}"], "once"
    assert not [one for one in proxy.recorded if "range" in one.headers]


def test_it_ends_by_itself(listen, offer):
    offer("zh-CN")
    visitor = listen()
    assert press(visitor) == INTRODUCTION
    expect(visitor.page.locator("#aloud")).to_have_attribute("aria-pressed", "false", timeout=PATIENCE)
    assert visitor.page.locator("#cleared").inner_text() == ""


def test_what_is_said_fits_the_answer(listen, offer, proxy):
    offer("zh-CN")
    visitor = listen()
    visitor.expected = ["Failed to load"]
    visitor.check(EXPOSED)
    exposed = press(visitor)
    assert exposed[:2] == ["found.exposed", "notYourFault"]
    assert "mayMean.exposed" in exposed
    visitor.press("#aloud")
    visitor.press("#more summary")
    assert set(exposed) < set(press(visitor)), "what was unfolded is said too"
    visitor.check(BOTH)
    both = press(visitor)
    assert both[0] == "found.both"
    assert "askedByPolice" in both
    assert [one for one in both if one.startswith("accounts.")]
    visitor.check(MISS)
    assert press(visitor) == ["notFound", "notSafe", "careful", "hangUp", *WARNINGS]
    visitor.check("1380013800")
    assert press(visitor) == ["wrongNumber", "fault.too_short"]
    proxy.change("/evaluate", lambda *_: Answer.problem(503))
    assert visitor.check(EXPOSED)[0] == "unknown"
    assert press(visitor) == ["unknown", "remedy.again"]


ANSWERS = {"exposed": EXPOSED, "both": BOTH, "miss": MISS, "wrong": "12345", "failed": MISS}
RUNS = [(sound, name) for sound in ("off", "before", "after") for name in ANSWERS if sound == "after" or name != "both"]


def test_hits_misses_and_failures_make_the_same_requests(listen, offer, proxy):
    """With the sound on or off, and whether it was on before the answer or after it."""
    offer("zh-CN")
    press(listen())  # the browser's own cache then has in all runs what it may have
    sounds, others = {}, {}
    for sound, name in RUNS:
        visitor = listen()
        visitor.expected = ["Failed to load"]
        visitor.settle()
        visitor.page.evaluate("caches.delete('sound-1')")
        before = len(proxy.recorded)
        if sound == "before":
            press(visitor)
        if name == "failed":
            proxy.change("/evaluate", lambda *_: Answer.problem(503))
        visitor.check(ANSWERS[name])
        if sound == "after":
            press(visitor)
        if name == "failed":
            proxy.twists.pop()
        # The browser fetches the page's icon and looks for a newer service worker whenever it likes.
        asked = [one for one in proxy.recorded[before:] if one.path not in ("/icon.svg", "/sw.js")]
        sounds[sound, name] = [
            (one.method, one.path, one.body, sorted(one.headers.items())) for one in asked if "sound" in one.path
        ]
        # Without their number: the bucket of the canary is fetched in the first check of a release, when the line is free.
        others[sound, name] = {
            (one.method, re.sub(r"/buckets/[0-9]+", "/buckets/N", one.path)) for one in asked if "sound" not in one.path
        }
    assert {len(sounds["off", name]) for name in ANSWERS if ("off", name) in sounds} == {0}
    heard = [asked for (sound, _), asked in sounds.items() if sound != "off"]
    assert len(heard[0]) == 2
    assert all(one == heard[0] for one in heard)
    assert others["off", "exposed"]
    for sound, name in RUNS:
        assert others[sound, name] == others["off", name if name in ("wrong", "failed") else "exposed"], (sound, name)


def test_a_recording_is_kept_once_it_was_played(listen, offer, proxy, recordings):
    offer("zh-CN")
    visitor = listen()
    visitor.page.evaluate("caches.open('sound-1').then(cache => cache.put('sound/old.sound', new Response('old')))")
    press(visitor)
    kept = "caches.open('sound-1').then(c => c.keys()).then(all => all.map(one => new URL(one.url).pathname))"
    visitor.page.wait_for_function(f"{kept}.then(all => all.length === 1 && all[0].indexOf('old') < 0)")
    assert visitor.page.evaluate(kept) == [f"/{recordings['zh-CN'].path}"]
    visitor.page.reload()
    visitor.check(MISS)
    press(visitor)
    assert len(proxy.paths(recordings["zh-CN"].path)) == 1
    visitor.page.evaluate(
        "caches.open('sound-1').then(c => c.keys().then(all => c.put(all[0], new Response('damaged'))))"
    )
    visitor.page.reload()
    assert press(visitor) == INTRODUCTION
    assert len(proxy.paths(recordings["zh-CN"].path)) == 2


def test_a_new_service_worker_keeps_it_and_deletes_other_caches(listen, offer):
    offer("zh-CN")
    visitor = listen()
    visitor.settle()
    visitor.page.evaluate(
        """async () => {
          await caches.open('sound-1'); await caches.open('offline-0');
          const found = await navigator.serviceWorker.getRegistration();
          await found.unregister();
        }"""
    )
    visitor.page.reload()
    visitor.page.wait_for_function(
        "caches.keys().then(names => JSON.stringify(names.sort()) === JSON.stringify(['offline-1', 'sound-1']))"
    )


def strip_media(_, answer):
    policy = answer.headers.get("content-security-policy", "")
    assert "media-src" in policy
    headers = answer.headers | {"content-security-policy": policy.replace("media-src blob:; ", "")}
    return Answer(answer.status, answer.body, headers)


FAULTS = {
    "an older policy": lambda proxy, _: proxy.twists.append(
        lambda request, answer: strip_media(request, answer) if request.path == "/" else answer
    ),
    "no file": lambda proxy, path: proxy.change(path, lambda *_: Answer.problem(404)),
    "a connection that ends": lambda proxy, path: proxy.change(
        path, lambda _, answer: Answer(200, answer.body, cut=500)
    ),
    "a damaged file": lambda proxy, path: proxy.change(path, lambda *_: Answer(200, b"{}\nabc")),
    "a page in its place": lambda proxy, path: proxy.change(path, lambda *_: Answer(200, b"<!doctype html>")),
    "no sound.js": lambda proxy, _: proxy.change("/sound.js", lambda *_: Answer.problem(404)),
    "other telephone lines": lambda proxy, _: config_changed(proxy, services={"antifraud": "96119"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_voice_of_the_device_reads_where_the_recording_cannot_be_played(listen, offer, proxy, recordings, fault):
    offer("zh-CN")
    FAULTS[fault](proxy, recordings["zh-CN"].path)
    visitor = listen(HERE)
    visitor.expected = [FALLS_BACK]
    visitor.press("#aloud")
    title = words("zh")["fixed"]["title"]
    visitor.page.wait_for_function("title => spoken.some(one => one[0] === title)", arg=title, timeout=PATIENCE)
    assert "sound-1" not in visitor.page.evaluate("caches.keys()") or not visitor.page.evaluate(
        "caches.open('sound-1').then(cache => cache.keys()).then(all => all.length)"
    )


def test_without_any_voice_it_says_so(listen, offer, proxy, recordings):
    offer("zh-CN")
    FAULTS["no file"](proxy, recordings["zh-CN"].path)
    visitor = listen()
    visitor.expected = [FALLS_BACK]
    visitor.press("#aloud")
    expect(visitor.page.locator("#cleared")).to_have_text(words("zh")["cannotSpeak"], timeout=PATIENCE)
    expect(visitor.page.locator("#aloud")).to_be_hidden()


def test_a_device_without_a_voice_has_the_button_because_of_the_recording(listen, offer):
    visitor = listen()
    expect(visitor.page.locator("#aloud")).to_be_hidden()
    visitor.close()
    offer("zh-CN")
    expect(listen().page.locator("#aloud")).to_be_visible(timeout=PATIENCE)


def test_the_listener_chooses_among_languages_and_the_next_person_anew(listen, offer, proxy, recordings):
    offer("za", "zh-CN", "en")
    visitor = listen()
    press(visitor)
    buttons = visitor.page.locator("#sounds button")
    expect(buttons).to_have_text(["壮话 Vahcuengh", "普通话"])
    expect(buttons.nth(0)).to_have_attribute("aria-pressed", "true")
    press(visitor, "#sounds button:nth-child(2)")
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    assert [path for path in of_sound(proxy) if path.endswith(".sound")] == [
        f"/{recordings['za'].path}", f"/{recordings['zh-CN'].path}",
    ]  # fmt: skip
    visitor.check(EXPOSED)
    press(visitor, "#answer .aloud")
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    visitor.press("#helper")
    expect(visitor.page.locator("#sounds")).to_have_count(0)
    press(visitor)
    expect(buttons.nth(0)).to_have_attribute("aria-pressed", "true")


def test_english_is_for_the_english_page(listen, offer, proxy, recordings):
    offer("zh-CN")
    visitor = listen(HERE, locale=LANGUAGES["en"])
    expect(visitor.page.locator("#aloud")).to_be_hidden()
    visitor.press("#language")
    assert press(visitor) == INTRODUCTION
    visitor.close()
    offer("zh-CN", "en")
    visitor = listen(locale=LANGUAGES["en"])
    assert press(visitor) == INTRODUCTION
    assert len(proxy.paths(recordings["en"].path)) == 1


@pytest.mark.parametrize("real", [True, False])
def test_the_name_of_the_operator_is_said_only_where_it_is_the_pages(listen, offer, real):
    operator = {"name": {"zh": "某某市公安局" if real else "别的局", "en": ""}, "telephone": "0571-12345678"}
    offer("yue", operator=operator)
    assert ("by" in press(listen())) == real


def test_leaving_stops_it(listen, offer):
    offer("zh-CN")
    visitor = listen()
    visitor.check(EXPOSED)
    press(visitor)
    visitor.enter("1")
    expect(visitor.page.locator("#aloud")).to_have_text(words("zh")["readAloud"])


CONFIG = {
    "a list that is none": "x",
    "another host": [{"language": "za", "name": "za", "file": "https://a.example/sound/za.sound"}],
    "a path": [{"language": "za", "name": "za", "file": "sound/../v1/x.sound"}],
    "no name": [{"language": "za", "name": " ", "file": "sound/za.sound"}],
    "no objects": [None, 1, "sound/za.sound", []],
}


@pytest.mark.parametrize("case", CONFIG)
def test_a_recording_that_is_not_named_well_is_ignored(listen, proxy, case):
    config_changed(proxy, sounds=CONFIG[case])
    visitor = listen()
    assert visitor.check(EXPOSED) == ("found", "exposed")
    expect(visitor.page.locator("#aloud")).to_be_hidden()
