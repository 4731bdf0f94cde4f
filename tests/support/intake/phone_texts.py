"""Cells of phone columns at random: numbers in many spellings, alone or several, with signs and words around them."""

import random

_SIGNS = list(
    " -.()/+,;:'\"=*_#|\\、，；：。·/　\u00a0\u200b\u202a\u202c\ufeff—–−－＋（）［］【】x~@&…‘’“”０１\t\x01\x00\x85"
)
_WORDS = [
    "手机",
    "手机：",
    "手机号:",
    "电话",
    "电话:",
    "联系电话：",
    "tel:",
    "Tel. ",
    "m:",
    "W:",
    "本人",
    "转",
    "分机",
    "ext",
    "微信同号",
    "张三",
    "+86",
    "86",
    "0086",
    "(+86)",
    "+",
    "00",
    "0",
    "1",
    "12",
    "公司",
    "香港",
    "wxid_",
    "QQ",
    "元",
    "万",
    "ＴＥＬ：",
    "座机",
    "e",
    "E+10",
    ".0",
    ".00",
    "一三八",
    "O",
    "幺三八零零一三",
    "地址 12 号",
]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _mobile(rng: random.Random) -> str:
    return "1" + rng.choice("3456789") + _digits(rng, 9)


def _grouped(rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    sign = rng.choice(["", " ", "-", ".", "  ", "/", "－", "·", "\u2010"])
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return sign.join([*parts, number[at:]] if at < len(number) else parts)


def _landline(rng: random.Random) -> str:
    area = rng.choice(["010", "021", "0755", "0312", "10", "755", "(0755)", "(010)", "0086-10", "+86 755"])
    return (
        area
        + rng.choice(["", "-", " ", ".", "—"])
        + _digits(rng, rng.choice([7, 8, 8, 8]))
        + rng.choice(["", "", "-801", "转12", "x3", "/12"])
    )


def _foreign(rng: random.Random) -> str:
    code = rng.choice(["+852", "00852", "852-", "+1 ", "+44", "+886-", "+853 ", "+81", "+65", "1-", "86 "])
    return code + _digits(rng, rng.choice([7, 8, 8, 9, 10, 11]))


def number(rng: random.Random) -> str:
    """A number in one of many spellings, or digits that are none."""
    kind = rng.randrange(12)
    mobile = _mobile(rng)
    if kind < 3:
        return mobile
    if kind < 6:
        return _grouped(rng, mobile, rng.choice([(3, 4), (3, 3), (4, 4), (3,), (4, 3)]))
    if kind == 6:
        return f"{mobile[0]}.{mobile[1:]}{rng.choice('eE')}+{rng.choice(['10', '09', '11'])}"
    if kind == 7:
        return f"({mobile[:3]}){mobile[3:]}"
    if kind == 8:
        return _landline(rng)
    if kind == 9:
        return _foreign(rng)
    if kind == 10:
        return mobile.translate({ord("0") + i: ord("０") + i for i in range(10)})
    return _digits(rng, rng.choice([3, 5, 7, 8, 9, 10, 12, 13, 15, 16, 18]))


def cell(rng: random.Random) -> str:
    """A cell of a phone column."""
    count = rng.choice([1, 1, 1, 1, 2, 2, 3])
    between = rng.choice(["/", "、", ",", "，", ";", "；", "|", " ", "\n", "-", "或", " / ", "； "])
    parts = []
    for _ in range(count):
        text = number(rng)
        if rng.random() < 0.3:
            text = rng.choice(_WORDS) + rng.choice(["", "", " ", ":"]) + text
        if rng.random() < 0.15:
            text += rng.choice(_WORDS)
        parts.append(text)
    text = between.join(parts)
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2])):
        at = rng.choice([0, len(text), rng.randint(0, len(text))])
        text = text[:at] + rng.choice(_SIGNS) + text[at:]
    return text


_REMARKS = ["张三", "备注", "订单", "x", "No.", "地址 12 号", "2024-01-15 ", "a@b.cn", " ", "("]


def remark(rng: random.Random) -> str:
    """A cell of another column, which may have numbers in it."""
    text = cell(rng)
    if rng.random() < 0.1:
        text = text.replace("0", rng.choice("oOＯ〇零"))
    return rng.choice(_REMARKS) + text + rng.choice(_REMARKS) if rng.random() < 0.5 else text
