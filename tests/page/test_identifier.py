"""The page's canonicaliser against the library's on random texts: never another identifier, and rarely a refusal."""

import json
import random
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pilookup_server

from pilookup.identifier import canonicalise

WEB = Path(pilookup_server.__file__).parents[1] / "web"
COUNT = 6000
AREAS = ["10", "21", "20", "755", "571", "28", "431", "898", "22", "311", "951", "400", "800"]
CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
SIGNS = "0123456789+-() .,/;:*xXeE转ext手机tel'=\"１２３\u200b"
SEPARATORS = [" ", "/", "、", ",", "；", "和"]


def examples():
    """A number of every kind in every region."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    found = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in range(11)]
    return [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in found if one]


class Texts:
    """Random texts as people and machines write numbers; synthetic throughout."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.examples = examples()

    def digits(self, low, high=None):
        return "".join(self.random.choice("0123456789") for _ in range(self.random.randint(low, high or low)))

    def one(self, *choices):
        return self.random.choice(choices)

    def text(self):
        kinds = (
            self.foreign, self.example, self.landline, self.mobile, self.signs, self.two, self.carrier,
            lambda: self.digits(1, 20), lambda: f"+{self.digits(1, 17)}", lambda: self.digits(15, 19) + self.one("", "x"),
        )  # fmt: skip
        return self.one(*kinds)()

    def foreign(self):
        return self.one("+", "00", "+00") + self.one(*CODES) + self.one("", "0") + self.digits(3, 13)

    def example(self):
        number = list(self.one(*self.examples))
        for _ in range(self.one(0, 0, 1, 2, 4)):
            number[self.random.randrange(1, len(number))] = self.digits(1)
        at = self.random.randrange(2, 5)
        return "".join(number[:at]) + self.one("", "", "(0)", " ", "0") + "".join(number[at:])

    def landline(self):
        head = self.one("0", "+86", "0086", "86", "+860", "")
        tail = self.one("", "", "-", "转", "ext") + self.digits(0, 6)
        return head + self.one(*AREAS) + self.one("", "-", " ") + self.digits(5, 9) + tail

    def mobile(self):
        head = self.one("手机：", "tel:", "联系电话 ", "", "M:") + self.one("", "+86 ", "86-", "0")
        tail = self.one("", f"转{self.digits(3)}", ".0", f" x{self.digits(2)}", f"-{self.digits(2)}", " (家)", "号")
        return f"{head}1{self.digits(10)}{tail}"

    def signs(self):
        return "".join(self.random.choice(SIGNS) for _ in range(self.random.randrange(30)))

    def two(self):
        other = self.one(f"1{self.digits(10)}", f"0{self.one(*AREAS)}-{self.digits(8)}", self.digits(7))
        return f"1{self.digits(10)}{self.one(*SEPARATORS)}{other}"

    def carrier(self):
        head = self.one("12593", "17951", "12520", "1", f"179{self.digits(2)}") + self.one("", "00", "0086", "0", "86")
        return head + self.one(*AREAS, f"1{self.digits(3)}") + self.digits(8)


def outcomes(texts):
    lines = "".join(f"{json.dumps(text)}\n" for text in texts)
    command = ["node", str(WEB / "test" / "canonicalise.mjs")]
    return subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=300, check=True
    ).stdout.splitlines()


def test_page_and_library_read_random_texts_alike():
    seed = random.randrange(2**32)
    source = Texts(seed)
    texts = [source.text() for _ in range(COUNT)]
    refused = accepted = 0
    for text, found in zip(texts, outcomes(texts), strict=True):
        outcome = canonicalise(text)
        wanted = outcome.decode() if isinstance(outcome, bytes) else str(outcome)
        accepted += wanted.startswith("tel:")
        if found == wanted:
            continue
        where = f"seed {seed}: {text!r} is {found}, not {wanted}"
        # `min` metadata do not know which lengths are local, nor the seven digits of one Canadian service.
        assert not found.startswith("tel:"), where
        assert wanted == "no_area_code" or wanted.startswith("tel:+1310"), where
        refused += wanted.startswith("tel:")
    assert accepted > COUNT // 10, seed
    assert refused < COUNT // 200, seed


def test_the_plan_of_china_equals_the_librarys():
    subprocess.run([sys.executable, str(WEB / "make_plans.py"), "--check"], check=True)
