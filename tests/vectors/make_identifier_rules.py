"""Write tests/vectors/identifier_rules.json: rules 2, 3, 6 and 13 of SPEC.md section 2 in full, as data.

The tables of characters are the native core's (Unicode 16); the words and patterns are those of `pilookup.identifier`.
`--check` compares instead of writing.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from generated_file import main

from pilookup.identifier import affixes, characters

FILE = Path(__file__).with_name("identifier_rules.json")
CORE = Path(__file__).parents[2] / "rust" / "core" / "src" / "identifier"
MAINLAND = r"^(?:\+*0{0,3}86)?(?:179[0-9]{2}|12593|12520)?0?(1[3-9][0-9]{9})$"
ELSEWHERE = r"^\+860?(1[3-9][0-9]{9})$"


def table(name: str) -> str:
    """The text of a table of the core."""
    source = (CORE / "characters.rs").read_text()
    found = re.search(rf"^const {name}: [^=]*=\s*\[(.*?)\];", source, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"characters.rs has no table {name}")
    return found[1]


def points(name: str) -> list[str]:
    return [f"{int(one, 16):04x}" for one in re.findall(r"0x([0-9a-f]+)", table(name))]


def ranges(name: str) -> list[list[str]]:
    found = re.findall(r"0x([0-9a-f]+)\.\.=0x([0-9a-f]+)", table(name))
    return [[f"{int(end, 16):04x}" for end in pair] for pair in found]


def alike() -> dict[str, str]:
    """The characters that look like an ASCII character, by that character."""
    grouped: dict[str, str] = {}
    for character, plain in characters._ALIKE.items():
        if plain:
            grouped[plain] = grouped.get(plain, "") + character
    return grouped


def with_words_named(pattern: str) -> str:
    return pattern.replace(f"{affixes._CHINESE}|{affixes._OTHER}", "WORDS")


def rules() -> dict[str, Any]:
    return {
        "source": "SPEC.md section 2",
        "script": "tests/vectors/make_identifier_rules.py",
        "rule_2": {
            "order": ["alike", "full_width", "ascii", "digits", "spaces", "dashes", "removed"],
            "alike": alike(),
            "full_width": ["ff01", "ff5e"],
            "ascii": {"capitals": "become lower case", "removed": [["0000", "001f"], ["007f", "007f"]]},
            "digits": points("ZEROS"),
            "spaces": ranges("SPACES"),
            "dashes": ranges("DASHES"),
            "removed": ranges("INVISIBLE"),
        },
        "rule_3": {"ends": characters._ENDS},
        "rule_6": {
            "words": f"{affixes._CHINESE}|{affixes._OTHER}".split("|"),
            "leading": with_words_named(affixes._LEADING.pattern),
            "trailing": with_words_named(affixes._TRAILING.pattern),
        },
        "rule_13": {"CN": MAINLAND, "elsewhere": ELSEWHERE},
    }


def to_text() -> str:
    return json.dumps(rules(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(FILE, to_text(), __doc__))
