"""Random texts as people and machines write numbers, and what stands beside them; synthetic throughout."""

import random

import phonenumbers

from pilookup.identifier.lookalikes import id_check

AREAS = ["10", "21", "20", "755", "571", "28", "431", "898", "22", "311", "951", "400", "800"]
CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
SIGNS = "0123456789+-() .,/;:*xXeE转ext手机tel'=\"１２３\u200bOo一零〇"
SEPARATORS = [" ", "/", "、", ",", "；", "和"]
BETWEEN = ["", "", " ", "-", ".", "/", ")", "(", "+", "  ", "—", "　", "\u200b", "_", ":", ",", "·", "－"]
WORDS = [
    "手机：",
    "联系电话 ",
    "电话",
    "M:",
    "tel:",
    "Tel. ",
    "(手机)",
    "号码",
    "phone",
    "微信同号",
    "妻子",
    "QQ",
    "☎",
    "t.",
    "no",
]
ZEROS = [0x30, 0x660, 0x6F0, 0x966, 0xFF10, 0x1D7CE]
FORMATS = [
    phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.RFC3966,
]  # fmt: skip


def examples():
    """A number of every kind in every region, as libphonenumber has them."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    found = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in range(11)]
    return [one for one in found if one]


class Texts:
    """Draws texts of many kinds from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.examples = examples()

    def digits(self, low, high=None):
        return "".join(self.random.choices("0123456789", k=self.random.randint(low, high or low)))

    def one(self, *choices):
        return self.random.choice(choices)

    def text(self):
        kinds = (
            self.foreign, self.example, self.formatted, self.landline, self.mobile, self.signs, self.two, self.carrier,
            self.grouped, self.other_digits, self.spreadsheet, self.date, self.identity, self.mutated, self.extension,
            self.parameters, self.letters, self.calling_code,
            lambda: self.digits(1, 20), lambda: f"+{self.digits(1, 17)}", lambda: self.digits(15, 19) + self.one("", "x"),
        )  # fmt: skip
        return self.one(*kinds)()

    def page_text(self):
        """A text of the kinds that people type into the page."""
        kinds = (
            self.foreign, self.example, self.landline, self.mobile, self.signs, self.two, self.carrier, self.letters,
            lambda: self.digits(1, 20), lambda: f"+{self.digits(1, 17)}", lambda: self.digits(15, 19) + self.one("", "x"),
        )  # fmt: skip
        return self.one(*kinds)()

    def foreign(self):
        return self.one("+", "00", "+00") + self.one(*CODES) + self.one("", "0") + self.digits(3, 13)

    def example(self):
        number = list(phonenumbers.format_number(self.one(*self.examples), phonenumbers.PhoneNumberFormat.E164))
        for _ in range(self.one(0, 0, 1, 2, 4)):
            number[self.random.randrange(1, len(number))] = self.digits(1)
        at = self.random.randrange(2, 5)
        return "".join(number[:at]) + self.one("", "", "(0)", " ", "0") + "".join(number[at:])

    def formatted(self):
        written = phonenumbers.format_number(self.one(*self.examples), self.one(*FORMATS))
        return self.one("", "", "00", "手机 ") + written.removeprefix(self.one("", "", "+"))

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

    def grouped(self):
        head = self.one("", "+86", "+", "0086", "86", "(86)", "00", "0", "(+86)", "+86+86", "++86")
        number = self.one(f"1{self.digits(10)}", self.one(*AREAS) + self.digits(8), self.digits(8, 12))
        at, until = sorted((self.random.randrange(len(number)), self.random.randrange(len(number))))
        middle = number[:at] + self.one(*BETWEEN) + number[at:until] + self.one(*BETWEEN) + number[until:]
        tail = self.one("", "", "(+86)", "+86", ")", self.one(*WORDS))
        return head + self.one(*BETWEEN) + middle + self.one(*BETWEEN) + tail

    def other_digits(self):
        zero = self.one(*ZEROS)
        return self.landline().translate({ord("0") + value: zero + value for value in range(10)})

    def spreadsheet(self):
        digits = self.one("1" + self.digits(10), self.digits(6, 13))
        kept = digits[: self.random.randint(1, len(digits))]
        scientific = f"{kept[0]}.{kept[1:]}{self.one('E+', 'e', 'E')}{len(digits) - 1:02}"
        return self.one(scientific, f"{digits}.0", f"{digits}.00", f"+{digits}.{self.digits(1, 3)}", f'="{digits}"')

    def date(self):
        sign = self.one("-", "/", ".", "年")
        second = "月" if sign == "年" else sign
        day = (
            f"{self.one('19', '20', '21')}{self.digits(2)}{sign}{self.random.randrange(14)}{second}{self.digits(1, 2)}"
        )
        clock = self.one("", "", "日", " 10:22", "T10:22:33Z", "日 8:05", f" {self.digits(3)}:00", ":1")
        return self.one(day + clock, f"{self.one('19', '20')}{self.digits(2)}{self.one('01', '12')}{self.digits(2, 8)}")

    def identity(self):
        born = f"{self.one('18', '19', '20', '21')}{self.digits(2)}{self.one('01', '12', '13')}{self.digits(2)}"
        first = f"{self.digits(6)}{born}{self.digits(3)}"
        return self.one(
            first + id_check(first).upper(), first + self.digits(1), first[:6] + first[8:], f"62{self.digits(14)}"
        )

    def mutated(self):
        text = list(self.one(self.mobile, self.landline, self.example, self.grouped, self.date, self.extension)())
        for _ in range(self.one(1, 1, 2, 3)):
            at = self.random.randrange(len(text) + 1)
            text[at : at + self.one(0, 1)] = [self.one(*BETWEEN, *WORDS, self.digits(1), "*", "x", "#", "?", "o", "八")]
        return "".join(text)

    def extension(self):
        word = self.one(
            "转", "分机", "转分机 ", "ext. ", "x", "#", "extensión ", "xtn", ",,", ", ", "int", "доб.", "~", "-", " - "
        )
        return (
            self.one(self.landline, self.mobile)()
            + self.one("", " ", ",", "(")
            + word
            + self.digits(1, 10)
            + self.one("", ")")
        )

    def parameters(self):
        parameter = self.one(
            ";ext=1", ";isub=12", ";phone-context=+86", ";phone-context=+852", ";phone-context=a.cn", ";x", ";=", ";A=1"
        )
        return (
            self.one("tel:", "", "+") + self.digits(6, 12) + parameter + self.one("", "", ";phone-context=+1", ";b=c")
        )

    def letters(self):
        number = f"1{self.one(*'3456789')}{self.digits(9)}"
        chinese = dict(zip(range(48, 58), self.one("零一二三四五六七八九", "〇幺二三四五六七八九"), strict=True))
        written = "".join(self.one(sign, sign, sign.translate(chinese)) for sign in number)
        return self.one(
            number.replace("0", self.one("O", "o", "Ｏ", "0")), number.translate(chinese), written,
            self.one(*WORDS) + number.translate(chinese), number.replace("0", "O", 2) + self.one("", "+86", "转12"),
        )  # fmt: skip

    def calling_code(self):
        number = phonenumbers.format_number(self.one(*self.examples), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        code, _, rest = number[1:].partition(" ")
        rest = self.one(rest, rest.replace(" ", ""), rest.replace(" ", "-"), f"0{rest}", self.digits(7, 11))
        return (
            self.one(f"{code}-", f"({code})", f"{code} ", f"{code}", f"({code}) ", f"{code}.", f"{code}- ", f"[{code}]")
            + rest
        )
