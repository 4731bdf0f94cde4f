"""Columns of tables: headers, and the cells under them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.support.intake.layouts import numbers, words
from tests.support.intake.layouts.model import BLANK, Cell

PHONE_HEADERS = (
    "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式", "*手机号(必填)", "手 机", "phone", "Phone Number", "mobile",
    "Mobile No.", "msisdn", "tel", "受害人手机号", "手机号 Phone", "电话/手机", "联系手机", "移动电话", "user_mobile", "手機號碼",
)  # fmt: skip
MORE_HEADERS = (
    "备用号码", "备用电话", "亲情号码", "紧急联系人", "紧急联系人电话", "监护人", "监护人电话", "收件人", "收件人电话", "客户号码", "业务号码",
    "计费号码", "Contact", "Contact No.", "WhatsApp Number", "Recipient", "Phone 1 - Value", "手机卡号", "对方号码", "配偶手机",
    "家长电话", "父亲电话", "母亲手机", "手机2", "电话2", "第二联系人", "A号码", "被叫", "主叫", "来电号码", "发送号码", "接收号码", "Sender",
    "Caller", "Callee", "Called Number", "Calling Number", "A Number", "B Number", "From", "To",
)  # fmt: skip
NEUTRAL_HEADERS = (
    "号",
    "字段3",
    "C5",
    "联络",
    "X",
    "v2",
    "收件信息",
    "甲方",
    "乙方",
    "field_3",
    "value",
    "数据",
    "内容2",
    "ext1",
    "col_b",
)
OTHER_PARTY_HEADERS = (
    "承办人电话", "民警联系电话", "办案民警手机", "经办人电话", "客服电话", "热线电话", "举报电话", "商家电话", "卖家手机", "发货人电话", "发件人电话",
    "快递员手机", "网点电话", "派出所电话", "agent phone", "officer mobile", "seller phone", "hotline",
)  # fmt: skip
OWNER_HEADERS = ("机主号码", "本方号码", "本机号码", "机主", "本机", "本方电话")
PEER_HEADERS = ("对方号码", "对端号码", "对方电话", "对方手机号", "对端")


@dataclass(frozen=True)
class Column:
    """A header and what makes a cell under it."""

    header: str
    make: Callable = field(repr=False)

    def cells(self, rng, count):
        return [self.make(rng) for _ in range(count)]


def text(make):
    """Make cells of a function that returns a text."""
    return lambda rng: Cell(make(rng))


def _whole(make):
    """Make cells of a function that returns the digits of a number, which a workbook may hold as a number."""

    def cell(rng):
        found = make(rng)
        return Cell(found, value=int(found) if len(found) <= 15 and not found.startswith("0") else None)

    return cell


def _day(rng):
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(60 * 24 * 365 * 5))


def id_card(rng):
    """An ID card number with a birth date and a check character."""
    born = f"{rng.randint(1940, 2015)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = rng.choice(["110101", "330106", "510104", "440305", "411303"]) + born + numbers.digits(rng, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def luhn(body):
    """A body of digits with its check digit."""
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(body))]
    return body + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def bank_card(rng):
    return luhn(rng.choice(["622202", "621700", "622848", "625965"]) + numbers.digits(rng, rng.choice([9, 12])))


def imei(rng):
    return luhn("86" + numbers.digits(rng, 12))


def order_id(rng):
    return _day(rng).strftime("%Y%m%d") + numbers.digits(rng, rng.choice([8, 10, 11]))


def account_10(rng):
    """An account number of ten digits."""
    return str(rng.randrange(1_000_000_000, 4_000_000_000))


def order_11(rng):
    """An order number of eleven digits that does not have the form of a mobile."""
    return str(rng.randrange(20_000_000_000, 100_000_000_000))


PLAIN = (
    Column("序号", _whole(lambda rng: str(rng.randint(1, 999)))),
    Column("姓名", text(words.name)),
    Column("户名", text(words.name)),
    Column("村", text(words.village)),
    Column("地址", text(lambda rng: words.place(rng) + words.village(rng))),
    Column("性别", text(lambda rng: rng.choice("男女"))),
    Column("年龄", _whole(lambda rng: str(rng.randint(3, 95)))),
    Column("备注", text(lambda rng: rng.choice(["", "", words.remark(rng)]))),
    Column("日期", text(lambda rng: _day(rng).strftime("%Y-%m-%d"))),
    Column("注册时间", text(lambda rng: _day(rng).strftime("%Y/%m/%d %H:%M:%S"))),
)
"""Columns without anything like a phone number."""

BESIDE = (
    Column("订单号", text(order_id)),
    Column("身份证号", text(id_card)),
    Column("银行卡号", text(bank_card)),
    Column("IMEI", _whole(imei)),
    Column("IMSI", _whole(lambda rng: "46000" + numbers.digits(rng, 10))),
    Column("时间戳", _whole(lambda rng: str(int(_day(rng).timestamp())))),
    Column("create_ts", _whole(lambda rng: str(int(_day(rng).timestamp() * 1000)))),
    Column("金额", text(lambda rng: f"{rng.randint(1, 99_999_999) / 100:.2f}")),
    Column("余额(元)", text(lambda rng: f"{rng.randint(1, 9_999_999_999) / 100:,.2f}")),
    Column("QQ", _whole(lambda rng: str(rng.randint(10_000, 3_999_999_999)))),
    Column("用户ID", _whole(account_10)),
    Column("uid", _whole(lambda rng: numbers.digits(rng, rng.randint(6, 9)).lstrip("0") or "1")),
    Column("邮编", text(lambda rng: numbers.digits(rng, 6))),
    Column("流水号", text(lambda rng: numbers.digits(rng, rng.choice([12, 20, 24])))),
    Column("单号", _whole(order_11)),
    Column("IP", text(lambda rng: ".".join(str(rng.randint(1, 254)) for _ in range(4)))),
    Column("MAC", text(lambda rng: ":".join(f"{rng.randrange(256):02X}" for _ in range(6)))),
    Column("ICCID", text(lambda rng: "8986" + numbers.digits(rng, 16))),
    Column("经度", text(lambda rng: f"{rng.uniform(73, 135):.8f}")),
    Column("快递单号", text(lambda rng: "SF" + numbers.digits(rng, 13))),
)
"""Columns of numbers that are no phone numbers."""


def phone(rng, header=None, make=None):
    """A column of phone numbers of the people in the rows."""
    if make is None:
        make = rng.choice(
            [words.plain, words.bare, words.bare, mostly(words.plain, words.fixed_line), mostly(words.bare, none_given)]
        )
    return Column(header or rng.choice(PHONE_HEADERS), make)


def phones(rng, count, headers=PHONE_HEADERS + MORE_HEADERS):
    """Several columns of phone numbers with different headers."""
    return [phone(rng, header) for header in rng.sample(headers, count)]


def beside(rng, least=1, most=4):
    """Some columns of other things, without two of one header."""
    return rng.sample(PLAIN + BESIDE, rng.randint(least, most))


def mostly(usual, seldom, share=0.15):
    """Make cells with one function, and now and then with another."""
    return lambda rng: seldom(rng) if rng.random() < share else usual(rng)


def half_filled(make, share=0.5):
    """Make cells of which many are empty."""
    return lambda rng: make(rng) if rng.random() < share else BLANK


def none_given(rng):
    """A cell that says that there is no number, or holds one that nobody can be called by."""
    return Cell(
        rng.choice(
            [
                "",
                "",
                "无",
                "不详",
                "-",
                "/",
                "N/A",
                "同上",
                numbers.masked(numbers.mobile(rng)),
                "12345",
                "待补",
                "没有手机",
            ]
        )
    )


def service(rng):
    """A number of a service, a short number or a number of a thing, which is nobody's phone."""
    return Cell(
        rng.choice(["10086", "95588", "12306", "110", f"14{numbers.digits(rng, 11)}", "1069" + numbers.digits(rng, 8)])
    )
