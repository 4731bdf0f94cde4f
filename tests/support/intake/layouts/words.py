"""Names, places and remarks, and cells with a number among them."""

import re

from tests.support.intake.layouts import numbers
from tests.support.intake.layouts.model import Cell

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红"
_RELATIONS = ("儿子", "女儿", "妻子", "丈夫", "父亲", "母亲", "邻居", "本人", "家属", "姐", "叔叔", "老板", "朋友")
_PLACES = ("浙江杭州", "广东深圳", "四川 成都", "北京", "江苏省苏州市", "河南-郑州", "上海市")
_CARRIERS = ("移动", "联通", "电信", "广电", "中国移动")
_REMARKS = ("已停机", "常用", "微信同号", "打不通", "新号", "晚上打", "（备用）", "空号?", "同微信", "工作用")
_LABELS = ("手机", "电话", "联系电话", "微信号", "微信", "手机号", "tel", "Mobile", "手机号码", "Phone", "号码", "TEL")
SEPARATORS = (
    "/", ",", "，", "、", ";", "；", "|", "\n", " ", "  ", " / ", "&", "+", " 和 ", "或", " ::: ", "\t", "//", "\\", " - ",
    "。", "_", "#", "*", "==", "->", " or ", " and ", "(备用)",
)  # fmt: skip


NAME = re.compile(f"[{_SURNAMES}][{_GIVEN}]{{1,2}}")
"""A name of a person as `name` makes it; no header and no label has one in it."""


def name(rng):
    """A person's name."""
    return rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.randint(1, 2)))


def place(rng):
    return rng.choice(_PLACES)


def remark(rng):
    return rng.choice(_REMARKS)


def village(rng):
    """A village and a house."""
    return (
        rng.choice("上下东西南北")
        + rng.choice("河坪桥林庄沟塘岭")
        + "村"
        + rng.choice(["", f"{rng.randint(1, 99)}号", f"{rng.randint(1, 9)}组"])
    )


def plain(rng, number=None):
    """A cell with a mobile as people and programs write it."""
    number = number or numbers.mobile(rng)
    return Cell(numbers.spelled(rng, number), (numbers.e164(number),))


def bare(rng, number=None):
    """A cell with the eleven digits of a mobile."""
    number = number or numbers.mobile(rng)
    return Cell(number, (numbers.e164(number),), value=int(number))


def of_another(rng, number=None):
    """A cell with a mobile of somebody who must not be stored, and must be told."""
    number = number or numbers.mobile(rng)
    return Cell(number, others=(numbers.e164(number),), value=int(number))


def fixed_line(rng):
    area, local = numbers.landline(rng)
    return Cell(numbers.spelled_landline(rng, area, local), (numbers.e164(area + local),))


def number_with_words(rng):
    """A cell with one mobile, and words that say whose it is or where."""
    number = numbers.mobile(rng)
    relation, person, label = rng.choice(_RELATIONS), name(rng), rng.choice(_LABELS)
    where, carrier, said = place(rng), rng.choice(_CARRIERS), remark(rng)
    spelled = rng.choice([number, number, f"+86{number}", f"{number[:3]} {number[3:7]} {number[7:]}"])
    text = rng.choice(
        [
            f"{number}({relation})", f"{number}（{relation}）", f"{relation}{number}", f"{spelled} {person}",
            f"{person} {spelled}", f"{person}{number}", f"{number}{person}", f"{person}:{spelled}", f"{person}：{number}",
            f"{number} {where} {carrier}", f"{number}{where}{carrier}", f"{carrier}{number}", f"{label}：{spelled}",
            f"{label}:{number}", f"{label} {number}", f"{number} {said}", f"{number}{said}", f"{number},{said}",
            f"{person}（{relation}）{number}", f"[{relation}]{number}", f"<{number}>{person}", f"{number}-{person}",
            f"{person}-{number}", f"{person}/{number}", f"{number}【{where}】", f"1.{person} {number}", f"{relation}：{number}",
            f"{person}\n{number}", f"{number}\n{person}", f"From: {spelled} {person}", f"To: +86{number}", f'"{person}" {number}',
        ]
    )  # fmt: skip
    return Cell(text, (numbers.e164(number),))


def number_with_country(rng):
    """A cell whose number has the name or the code of a country before or behind it."""
    number = numbers.mobile(rng)
    code, there = numbers.foreign(rng)
    country = {"852": "香港", "853": "澳门", "886": "台湾"}[code]
    at_home = [f"中国 +86 {number}", f"{number}+86", f"+86+86{number}", f"中国{number}", f"CN +86{number}", f"China (+86) {number}",
               f"86 {number}", f"{number}(+86)", f"中国大陆 {number}", f"+86 86{number}"]  # fmt: skip
    abroad = [f"{country} +{code} {there}", f"+{code}{there}", f"{code}-{there}", f"({code}){there}", f"00{code}{there}",
              f"+{code}-{there}", f"{country}+{code}{there}", f"(+{code}) {there}"]  # fmt: skip
    if rng.random() < 0.5:
        return Cell(rng.choice(at_home), (numbers.e164(number),))
    return Cell(rng.choice(abroad), (f"+{code}{there}",))


def identifier_of_messenger(rng):
    """A cell with an identifier of a messenger that holds a number."""
    number = numbers.mobile(rng)
    text = rng.choice(
        [f"86{number}@s.whatsapp.net", f"86{number}@c.us", f"86{number}@s.whatsapp.net {name(rng)}", f"tel:+86{number}", f"tel:{number}",
         f"sip:+86{number}@ims.mnc000.mcc460.3gppnetwork.org", f"sms:{number}", f"wa.me/86{number}"]
    )  # fmt: skip
    return Cell(text, (numbers.e164(number),))


def misread(rng):
    """A cell with letters O for zeros, or Chinese digits."""
    number = numbers.mobile(rng)
    text = rng.choice(
        [numbers.with_letter_o(number), numbers.in_chinese(number), numbers.with_letter_o(number).lower()]
    )
    return Cell(text, (numbers.e164(number),))


def several(rng, least=2, most=5):
    """A cell with several numbers and separators of any kind between them."""
    count = rng.randint(least, most)
    found = [numbers.mobile(rng) for _ in range(count)]
    separator = rng.choice(SEPARATORS)
    spelling = rng.choice(
        [str, lambda number: f"+86{number}", lambda number: f"{number[:3]}-{number[3:7]}-{number[7:]}"]
    )
    if separator.strip() in ("-", "+", "#", "*", "_", ""):
        spelling = str
    text = separator.join(spelling(number) for number in found)
    return Cell(text, tuple(map(numbers.e164, found)))


def several_people(rng, least=2, most=4):
    """A cell with several people, each with a number."""
    found, parts = [], []
    style = rng.choice(
        ["{person} {number}", "{person}{number}", "{person}:{number}", "{number}({person})", "{number} {person}"]
    )
    for _ in range(rng.randint(least, most)):
        number = numbers.mobile(rng)
        found.append(numbers.e164(number))
        parts.append(style.format(person=name(rng), number=number))
    return Cell(rng.choice(["; ", "；", "、", "\n", " / ", "，", " "]).join(parts), tuple(found))


def labelled(rng):
    """A cell with several labelled numbers."""
    one, two = numbers.mobile(rng), numbers.mobile(rng)
    area, local = numbers.landline(rng)
    texts = [
        (f"电话1：{one} 电话2：{two}", (one, two)), (f"手机:{one} 座机:{area}-{local}", (one, area + local)),
        (f"手机1:{one};手机2:{two}", (one, two)), (f"座机{area}-{local}，手机{one}", (one, area + local)),
        (f"移动电话：{one}\n办公电话：{area}-{local}", (one, area + local)), (f"TEL:{area}-{local} MOB:{one}", (one, area + local)),
        (f"{area}-{local}-801/{one}", (one, area + local)), (f"{area}-{local}转801 {one}", (one, area + local)),
        (f"{area}-{local} {one}", (one, area + local)), (f"{one} {area}-{local}", (one, area + local)),
    ]  # fmt: skip
    text, found = rng.choice(texts)
    return Cell(text, tuple(map(numbers.e164, found)))


def sentence(rng, people=True):
    """A cell of text in which a mobile occurs, or does not."""
    number = numbers.mobile(rng)
    if not people:
        return Cell(
            rng.choice(
                [
                    "请速联系",
                    "已核实",
                    f"共{rng.randint(2, 90)}元",
                    f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日来过",
                    "",
                    remark(rng),
                ]
            )
        )
    text = rng.choice(
        [f"我的电话是{number}，请速联系", f"打{number}", f"收货人{name(rng)}，电话{number}，地址{village(rng)}", f"加微信 {number} 领取",
         f"对方自称{name(rng)}({number})要求转账{rng.randint(100, 9999)}元", f"回拨{number}无人接听", f"备用:{number}"]
    )  # fmt: skip
    return Cell(text, (numbers.e164(number),))
