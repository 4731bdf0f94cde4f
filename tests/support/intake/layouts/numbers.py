"""Random phone numbers, and the ways to write them."""

import phonenumbers

AREAS = {
    "010": 8, "021": 8, "022": 8, "023": 8, "024": 8, "025": 8, "027": 8, "028": 8, "029": 8, "0571": 8, "0755": 8,
    "0512": 8, "0531": 8, "0532": 8, "0591": 8, "0411": 8, "0451": 8, "0371": 8, "0311": 8, "0731": 8, "0871": 8,
    "0769": 8, "0572": 7, "0578": 7, "0716": 7, "0831": 7,
}  # fmt: skip
FOREIGN = {"852": "569", "853": "6", "886": "9"}
"""Calling codes, and how mobile numbers begin there."""
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")


def digits(rng, count):
    """`count` random digits."""
    return "".join(rng.choices("0123456789", k=count))


def mobile(rng):
    """A mainland mobile number of eleven digits."""
    return "1" + rng.choice("3456789") + digits(rng, 9)


def e164(national):
    """A mainland mobile, or a landline with its 0, in E.164."""
    return "+86" + national.lstrip("0")


def landline(rng):
    """An area code with its 0, and a number there."""
    area = rng.choice(list(AREAS))
    return area, rng.choice("2568") + rng.choice("123456789") + digits(rng, AREAS[area] - 2)


def foreign(rng):
    """A calling code, and a mobile number there that libphonenumber calls valid."""
    code = rng.choice(list(FOREIGN))
    while True:
        number = rng.choice(FOREIGN[code]) + digits(rng, 8 if code == "886" else 7)
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+{code}{number}")):
            return code, number


def spelled(rng, number):
    """A mainland mobile as people and programs write it."""
    a, b, c = number[:3], number[3:7], number[7:]
    return rng.choice(
        [
            number, number, number, f"{a} {b} {c}", f"{a}-{b}-{c}", f"+86{number}", f"+86 {a} {b} {c}", f"86{number}",
            f"0086{number}", f"+86-{number}", f"(+86){number}", f"86-{number}", f" {number} ", f"'{number}", f"0{number}",
            number.translate(_FULL_WIDTH), f"{number}\u200b", f"{number}.0", f"{a}\u00a0{b}\u00a0{c}",
        ]
    )  # fmt: skip


def spelled_landline(rng, area, local):
    """A landline as people write it."""
    return rng.choice(
        [f"{area}-{local}", f"{area}{local}", f"({area}){local}", f"+86 {area[1:]} {local}", f"{area} {local}"]
    )


def with_letter_o(number):
    """A number whose zeros were read as the letter O."""
    return number.replace("0", "O")


def in_chinese(number):
    """A number in Chinese digits."""
    return number.translate(_CHINESE)


def masked(number):
    """A number whose middle is masked."""
    return f"{number[:3]}****{number[7:]}"
