"""Lines of the posters: Chinese and English are broken where readers expect it, and nothing is lost or too wide."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.page_host.poster.texts import TEXTS
from pilookup_server.page_host.poster.typeset.line_breaks import NOT_FIRST, NOT_LAST, balance_lines, break_lines

HOST = "number-check.public-security.a-county-of-the-north.example"
ALL_TEXTS = [
    text
    for texts in TEXTS.values()
    for text in (texts.title, texts.free, texts.spoken(HOST), *texts.captions, *texts.pasted, texts.by("青山县公安局"))
]


def measure(text):
    """A Chinese character is one em wide, any other half of one."""
    return sum(1 if unicodedata.east_asian_width(character) in "WF" else 0.5 for character in text)


def without_spaces(text):
    return "".join(text.split())


@given(st.text(alphabet="字点，。？（）“”ab-. ", min_size=1, max_size=60), st.integers(1, 20), st.booleans())
def test_no_character_is_lost_and_no_line_is_too_wide(text, width, phrases):
    for lines in (break_lines(text, width, measure, phrases=phrases), balance_lines(text, width, measure)):
        assert without_spaces("".join(lines)) == without_spaces(text)
        assert all(measure(line) <= width for line in lines)


@pytest.mark.parametrize("text", ALL_TEXTS)
@pytest.mark.parametrize("phrases", [False, True])
def test_no_line_begins_with_closing_or_ends_with_opening_punctuation(text, phrases):
    for width in range(8, 60):
        lines = break_lines(text, width, measure, phrases=phrases)
        assert not {line[0] for line in lines[1:]} & NOT_FIRST
        assert not {line[-1] for line in lines[:-1]} & NOT_LAST


def test_latin_words_are_kept_whole_and_chinese_is_broken_anywhere():
    assert break_lines("scan the code", 5, measure) == ["scan the", "code"]
    assert break_lines("打开check网址", 4, measure) == ["打开", "check网", "址"]
    assert break_lines("一二三四五", 2, measure) == ["一二", "三四", "五"]
    assert break_lines("一二，三", 2, measure) == ["一", "二，", "三"]
    assert break_lines("一（二三）", 2, measure) == ["一", "（二", "三）"], "as far as the width allows"


def test_an_address_is_broken_after_a_hyphen_or_a_full_stop():
    assert break_lines(HOST, 15, measure) == ["number-check.public-security.", "a-county-of-the-north.example"]
    assert break_lines("abcdef", 1.5, measure) == ["abc", "def"]


def test_a_title_is_broken_after_punctuation_into_lines_of_like_width():
    assert balance_lines(TEXTS["zh"].title, 14, measure) == ["您的手机号，", "落到坏人手里没有？查一查"]
    assert balance_lines("one two three four", 8, measure) == ["one two", "three four"]
    assert break_lines("one two three four", 8, measure) == ["one two three", "four"]
