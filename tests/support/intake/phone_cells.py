"""Random phone cells with what must be found in them. All numbers are random."""

from typing import NamedTuple

from hypothesis import strategies as st

AREAS = {"10": 8, "21": 8, "571": 8, "755": 8, "28": 8, "431": 8, "591": 8}
"""Area codes without 0, and the digits of their local numbers."""


class Written(NamedTuple):
    """A number as somebody wrote it, and its identifier."""

    text: str
    identifier: bytes


@st.composite
def mobiles(draw: st.DrawFn) -> str:
    """Digits of a mainland mobile."""
    return f"1{draw(st.integers(3, 9))}{draw(st.integers(0, 10**9 - 1)):09d}"


@st.composite
def written_mobiles(draw: st.DrawFn) -> Written:
    """A mainland mobile in one of its spellings."""
    digits = draw(mobiles())
    sign = draw(st.sampled_from(" -"))
    grouped = sign.join((digits[:3], digits[3:7], digits[7:]))
    form = draw(
        st.sampled_from(
            [digits] * 6 + [grouped] * 2
            + ["+86" + digits, "+86 " + digits, "86" + digits, "0086" + digits, "+86-" + digits, "+86 " + grouped,
               "(+86)" + digits, "+86+86" + digits, digits + "+86", "tel:+86" + digits, "86" + digits + "@s.whatsapp.net",
               digits + "@139.com", full_width(digits), in_chinese(digits), digits + ".0"]
        )
    )  # fmt: skip
    return Written(form, b"tel:+86" + digits.encode())


@st.composite
def written_landlines(draw: st.DrawFn) -> Written:
    """A landline of mainland China in one of its spellings, with an extension or without."""
    area = draw(st.sampled_from(sorted(AREAS)))
    local = f"{draw(st.integers(2, 7))}{draw(st.integers(0, 10**7 - 1)):07d}"
    extension = str(draw(st.integers(1, 9999)))
    form = draw(
        st.sampled_from(
            [f"0{area}-{local}", f"0{area} {local}", f"0{area}{local}", f"(0{area}){local}", f"+86 {area} {local}",
             f"+86{area}{local}", f"86-{area}-{local}", f"{area}-{local}", f"0{area}-{local}转{extension}",
             f"0{area}-{local}-{extension}", f"0{area}-{local} ext. {extension}"]
        )
    )  # fmt: skip
    return Written(form, f"tel:+86{area}{local}".encode())


@st.composite
def written_abroad(draw: st.DrawFn) -> Written:
    """A number of Hong Kong or the United States in one of its spellings."""
    local = f"92{draw(st.integers(0, 10**6 - 1)):06d}"
    hong_kong = [f"+852 {local[:4]} {local[4:]}", f"+852{local}", f"852-{local}", f"(852){local}", f"香港 {local}"]
    american = f"212{draw(st.integers(2, 9))}{draw(st.integers(20, 99))}{draw(st.integers(0, 9999)):04d}"
    forms = [Written(form, f"tel:+852{local}".encode()) for form in hong_kong]
    dashed = f"+1 {american[:3]}-{american[3:6]}-{american[6:]}"
    forms += [Written(form, f"tel:+1{american}".encode()) for form in (dashed, "+1" + american)]
    return draw(st.sampled_from(forms))


WORDS = (
    "张三", "李四", "王小明", "儿子", "妻子", "本人", "微信同号", "已停机", "浙江杭州", "移动", "联系人", "手机", "座机", "短信",
    "Tom", "Jerry Mouse", "owner", "From", "To", "WhatsApp", "老板（新）", "[转]", "微信号", "电话", "备注：", "同学", "员工",
)  # fmt: skip
SEPARATORS = (
    " / ",
    "/",
    "、",
    "，",
    ",",
    "; ",
    "；",
    "|",
    "\n",
    "\r\n",
    "\t",
    " ::: ",
    " & ",
    "或",
    " 和 ",
    "以及",
    "  ",
    " ",
    " + ",
    "\\",
    "&",
)
"""Separators between any two numbers."""


def full_width(digits: str) -> str:
    """Digits in full width."""
    return digits.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})


def in_chinese(digits: str) -> str:
    """Digits in Chinese."""
    return digits.translate({ord(str(digit)): char for digit, char in enumerate("零一二三四五六七八九")})


@st.composite
def no_numbers(draw: st.DrawFn) -> str:
    """Something with digits that is no phone number: it must be refused."""
    digits = draw(mobiles())
    day = draw(st.dates())
    return draw(
        st.sampled_from(
            [digits[:3] + "****" + digits[7:], "A" + digits, digits + "b", digits + ".5", "0." + digits, digits + "0",
             "9" + digits, "订单号 20240115" + digits[:6], "QQ:" + digits, "¥" + digits, digits + "元", "wxid_" + digits,
             digits + "@qq.com", day.strftime("20%y-%m-%d"), digits[:7], "身份证440101199001" + digits[5:],
             "6222 0138 " + digits[:4] + " 8000", digits + "@chatroom", "1.38E+10"]
        )
    )  # fmt: skip


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, list[bytes], int]:
    """A cell, the identifiers in it in order, and how many refused numbers are among them at least."""
    parts = draw(
        st.lists(
            st.one_of(written_mobiles(), written_mobiles(), written_landlines(), written_abroad(), no_numbers()),
            min_size=1,
            max_size=6,
        )
    )
    text = ""
    identifiers = []
    refused = 0
    for at, part in enumerate(parts):
        if at:
            text += draw(st.sampled_from(SEPARATORS))
        before, after = draw(st.sampled_from(("", *WORDS))), draw(st.sampled_from(("", "", *WORDS)))
        written = part.text if isinstance(part, Written) else part
        text += (before + draw(st.sampled_from((" ", ": ", "："))) if before else "") + written
        text += draw(st.sampled_from((f"（{after}）", f" {after}", f"({after})"))) if after else ""
        if isinstance(part, Written):
            identifiers.append(part.identifier)
        else:
            refused += 1
    return text, identifiers, refused
