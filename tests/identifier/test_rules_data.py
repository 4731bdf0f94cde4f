"""tests/vectors/identifier_rules.json says what the code does: rules 2, 3, 6 and 13 of SPEC.md section 2 as data."""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pilookup.identifier import Reason, affixes, canonicalise, characters

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "vectors" / "identifier_rules.json"
RULES = json.loads(FILE.read_text())
CORE_WORDS = ROOT / "rust" / "core" / "src" / "identifier" / "words.rs"


def in_ranges(point, ranges):
    return any(int(first, 16) <= point <= int(last, 16) for first, last in ranges)


def becomes(character):
    """Rule 2 for one character, from the data alone."""
    rule, point = RULES["rule_2"], ord(character)
    for plain, some in rule["alike"].items():
        if character in some:
            return plain
    first, last = (int(end, 16) for end in rule["full_width"])
    if first <= point <= last:
        return becomes(chr(point - first + 0x21))
    if point < 0x80:
        return "" if in_ranges(point, rule["ascii"]["removed"]) else character.lower()
    for zero in rule["digits"]:
        if 0 <= point - int(zero, 16) < 10:
            return str(point - int(zero, 16))
    for ranges, plain in ((rule["spaces"], " "), (rule["dashes"], "-"), (rule["removed"], "")):
        if in_ranges(point, ranges):
            return plain
    return character


def test_the_file_is_what_the_script_makes():
    script = ROOT / "tests" / "vectors" / "make_identifier_rules.py"
    subprocess.run([sys.executable, script, "--check"], check=True)


def test_every_character_becomes_what_the_data_say():
    """Of all characters that this Python's Unicode knows; the data have those of Unicode 16."""
    points = (point for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    known = [chr(point) for point in points if unicodedata.category(chr(point)) != "Cn"]
    wrong = [character for character in known if characters._plain(character) != becomes(character)]
    assert not wrong


def test_the_words_are_the_cores():
    table = re.search(r"const WORDS: .*?= \[(.*?)\];", CORE_WORDS.read_text(), re.DOTALL)[1]
    assert re.findall(r'"([^"]+)"', table) == RULES["rule_6"]["words"]


def without_words(text):
    """Rule 6 from the data alone."""
    rule, ends = RULES["rule_6"], RULES["rule_3"]["ends"]
    words = "|".join(rule["words"])
    for pattern in (rule["leading"], rule["trailing"]):
        text = re.sub(pattern.replace("WORDS", words), "", text, count=1).strip(ends)
    return text


PIECES = st.sampled_from(
    [*RULES["rule_6"]["words"], "(", ")", ":", " ", "-", ".", ",", "m:", "138 0013 8000", "x", "+86"]
)


@given(st.lists(PIECES, max_size=8).map("".join))
@example("手机号码(tel.): 138 0013 8000 (手机)")
def test_words_are_removed_as_the_data_say(text):
    assert affixes.without_words(text) == without_words(text)


@given(
    st.from_regex(
        RULES["rule_13"]["CN"].replace("$", r"\Z").replace(r"\+*", r"\+{0,5}"),
        fullmatch=True,
        alphabet=st.characters(codec="ascii"),
    )
)
def test_what_the_pattern_of_mainland_mobiles_matches_is_one(text):
    wanted = b"tel:+86" + re.match(RULES["rule_13"]["CN"], text)[1].encode()
    assert canonicalise(text) in (wanted, Reason.ID_CARD, Reason.BANK_CARD)


@given(st.from_regex(r"\+?0{0,4}8?6?(179[0-9]{2}|12593|12520|1252)?0{0,2}1[2-9][0-9]{8,10}", fullmatch=True))
def test_what_the_pattern_does_not_match_is_none(text):
    outcome = canonicalise(text)
    if isinstance(outcome, bytes) and re.fullmatch(rb"tel:\+861[3-9][0-9]{9}", outcome):
        assert re.match(RULES["rule_13"]["CN"], text)
