"""Reading aloud: only by a voice that lives on the device, and only where there is one."""

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED
from tests.support.page.voices import AWAY, ENGLISH, HERE, speech
from tests.support.page.words import words


@pytest.fixture
def with_voices(visit, proxy):
    def open_(*voices):
        visitor = visit("")
        visitor.page.add_init_script(speech(*voices))
        return visitor.open(proxy.url)

    return open_


def test_the_question_and_the_answer_are_read(with_voices):
    visitor = with_voices(AWAY, HERE)
    visitor.press("#aloud")
    assert words("zh")["fixed"]["title"] in [text for text, _, _ in visitor.page.evaluate("spoken")]
    visitor.check(EXPOSED)
    visitor.page.evaluate("spoken.length = 0")
    visitor.press("#aloud")
    spoken = visitor.page.evaluate("spoken")
    assert words("zh")["found"]["exposed"] in [text for text, _, _ in spoken]
    assert {(lang, voice) for _, lang, voice in spoken} == {("zh-CN", "here")}
    assert EXPOSED[-4:] not in str(spoken), "whoever stands by need not hear the number"


def test_the_drawings_and_the_telephone_numbers_are_read(with_voices):
    """Who cannot read hears all of it, and numbers of services digit by digit."""
    visitor = with_voices(HERE)
    visitor.press("#aloud")
    said = [text for text, _, _ in visitor.page.evaluate("spoken")]
    assert set(words("zh")["picture"].values()) <= set(said)
    assert "或打 幺幺零。" in "".join(said)
    visitor.check(EXPOSED)
    visitor.press("#more summary")
    visitor.page.evaluate("spoken.length = 0")
    visitor.press("#aloud")
    said = " ".join(text for text, _, _ in visitor.page.evaluate("spoken"))
    assert f"九六幺幺零 {words('zh')['call']['antifraud']}" in said
    assert f"零幺零幺二三二幺 {words('zh')['call']['complaints']}" in said
    assert "2025" in said, "a year is a number"


def test_a_voice_that_is_not_local_is_not_used(with_voices):
    visitor = with_voices(AWAY)
    expect(visitor.page.locator("#aloud")).to_be_hidden()
    visitor.check(EXPOSED)
    assert visitor.page.locator("#answer .aloud").count() == 0


def test_a_voice_of_another_language_does_not_read(with_voices):
    visitor = with_voices(ENGLISH)
    expect(visitor.page.locator("#aloud")).to_be_hidden()
    visitor.press("#language")
    expect(visitor.page.locator("#aloud")).to_be_visible()


def test_reading_stops_when_the_answer_is_removed(with_voices):
    visitor = with_voices(HERE)
    visitor.page.evaluate("self.cancelled = 0; speechSynthesis.cancel = () => { cancelled += 1; }")
    visitor.check(EXPOSED)
    visitor.press("#aloud")
    before = visitor.page.evaluate("cancelled")
    visitor.enter("1")
    assert visitor.page.evaluate("cancelled") > before


@pytest.mark.parametrize("fault", ["an error", "silence"])
def test_a_voice_that_does_not_speak_is_reported(with_voices, fault):
    """Some devices have the function and no voice behind it."""
    visitor = with_voices(HERE)
    page = visitor.page
    failing = "said => said.onerror({ error: 'synthesis-failed' })" if fault == "an error" else "() => {}"
    page.evaluate(f"() => {{ speechSynthesis.speak = {failing}; }}")
    page.clock.install()
    visitor.check(EXPOSED)
    page.locator("#answer .aloud").click()
    page.clock.fast_forward(6000)
    expect(page.locator("#aloud")).to_be_hidden()
    expect(page.locator("#cleared")).to_have_text(words("zh")["cannotSpeak"])
    expect(page.locator("#cleared")).to_be_in_viewport()
