"""Names of files on a medium that others have written reach the terminal as text, whatever characters they have."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.cli import console

HOSTILE = "bundle\x1b]0;owned\x07\x1b[2J\r\x9b1A\x08\u202e.001"


@pytest.mark.parametrize("show", [console.say, console.note, console.complain])
def test_no_control_character_of_a_name_is_printed(capsys, show):
    show(f"{HOSTILE}: damaged; copy it again\n  second line\t中文\u3000/media/é")
    out, err = capsys.readouterr()
    shown = out + err
    assert not {"\x1b", "\x07", "\x9b", "\x08", "\r", "\u202e"} & set(shown)
    assert r"bundle\x1b]0;owned\x07\x1b[2J\x0d\x9b1A\x08\u202e.001: damaged" in shown
    assert "second line" in shown
    assert "中文\u3000/media/é" in shown


@given(st.text())
def test_a_plain_text_has_no_control_character_and_keeps_all_others(text):
    shown = console.plain(text)
    assert console.plain(shown) == shown
    assert not [each for each in shown if category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and each not in "\n\t"]
    if all(each.isprintable() or each in "\n\t\u3000\xa0" for each in text):
        assert shown == text
