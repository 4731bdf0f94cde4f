"""The core against the rules in Python on texts of every kind, and its numbering plans against the library's."""

import random
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilookup import _core
from pilookup.identifier import Reason, canonicalise, canonicalise_all
from tests.support.identifier import reference
from tests.support.identifier.texts import CODES, SIGNS, Texts
from tests.support.sampling import many_examples

ROOT = Path(__file__).parents[2]
BATCH = 10_000
ASSIGNED = st.text(alphabet=st.characters(exclude_categories=["Cn"]), max_size=60)
PIECES = st.sampled_from([
    "138", "0013", "8000", "13800138000", "010", "62345678", "+", "86", "+86", "00", "0", "852", "-", " ", "(", ")", ".",
    "/", "转", "x", "ext", "#", ",", ";", "ext=", ";phone-context=+86", "手机", "号", "tel:", "no", "e+10", "1.", "年", ":",
    "*", "O", "o", "一", "〇", "20240115", "110105194912310021", "6222020000000000000", "１", "\u200b", "\ud800", "1" * 90,
])  # fmt: skip


def differences(texts):
    """The texts on which the core and the reference differ. None of them is a person's."""
    wanted = map(reference.canonicalise, texts)
    return [one for one in zip(texts, canonicalise_all(texts), wanted, strict=True) if one[1] != one[2]]


def assert_alike(text):
    assert canonicalise(text) == reference.canonicalise(text)


@given(ASSIGNED)
@many_examples(1000)
def test_any_text_is_decided_as_by_the_reference(text):
    assert_alike(text)


@given(st.text(alphabet=SIGNS, max_size=40))
@many_examples(2000)
def test_texts_of_phone_characters_are_decided_as_by_the_reference(text):
    assert_alike(text)


@given(st.lists(PIECES, max_size=8).map("".join))
@many_examples(3000)
@example("\ud800" * 1000)
@example("\ud800" * 1001)
@example("1" * 1000)
def test_pieces_of_numbers_are_decided_as_by_the_reference(text):
    assert_alike(text)


@given(st.sampled_from(CODES), st.sampled_from(["+", "00", "+00"]), st.text(alphabet="0123456789", max_size=17))
@many_examples(3000)
def test_numbers_of_every_calling_code_are_decided_as_by_the_reference(code, prefix, digits):
    assert_alike(prefix + code + digits)


def test_realistic_texts_are_decided_as_by_the_reference():
    seed = random.randrange(2**32)
    source = Texts(seed)
    assert differences([source.text() for _ in range(3 * BATCH)]) == [], seed


@pytest.mark.long
def test_ten_million_realistic_texts_are_decided_as_by_the_reference():
    seed = random.randrange(2**32)
    source = Texts(seed)
    for _ in range(10_000_000 // BATCH):
        assert differences([source.text() for _ in range(BATCH)]) == [], seed


def test_every_character_is_read_as_by_the_reference():
    """Every sign, mark, digit and space that this Python knows, and some of the letters, which stay as they are."""
    by_category = {chr(code): unicodedata.category(chr(code)) for code in range(0x110000)}
    signs = [character for character, category in by_category.items() if category[0] not in "CL"]
    signs += [character for character, category in by_category.items() if category in ("Cc", "Cf", "Cs")]
    letters = [character for character, category in by_category.items() if category[0] == "L"]
    characters = [*signs, *random.sample(letters, 2000)]
    assert differences([f"1380{character}13800{character}" for character in characters]) == []


def test_the_numbering_plans_equal_the_librarys():
    subprocess.run([sys.executable, str(ROOT / "tools" / "numbering_plan.py"), "--check"], check=True)


def test_the_core_knows_the_same_reasons():
    texts = ["", "a", "1", "1" * 30, "12345678901", "62345678", "110", "110105194912310021", "4111111111111111"]
    texts += ["20240115", "1.38e10", "138****8000", "13800138000/13900139000", "138a", "1064812345678"]
    assert {canonicalise(text) for text in texts} == set(Reason)


def test_a_subclass_of_str_is_a_text_and_other_objects_are_none():
    class Text(str):
        __slots__ = ()

    assert canonicalise(Text("13800138000")) == b"tel:+8613800138000"
    for wrong in (b"13800138000", 13800138000, None):
        with pytest.raises(TypeError):
            _core.canonicalise(wrong)
        with pytest.raises(TypeError):
            _core.canonicalise_all(["13800138000", wrong])


def test_an_error_does_not_show_the_text():
    with pytest.raises(TypeError) as raised:
        _core.canonicalise_all([13800138000])
    assert "13800138000" not in str(raised.value)


def test_a_batch_lets_other_threads_run():
    texts = ["手机: 138 0013 8000"] * 500_000
    turns = 0
    worker = threading.Thread(target=canonicalise_all, args=(texts,))
    worker.start()
    while worker.is_alive():
        worker.join(0.001)
        turns += 1
    assert turns > 5
