"""Phone columns behind a column of officers, couriers or salespersons, and contact lines below a table."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.errors import NoNumbersError
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

HANDLERS = [
    "办案民警",
    "民警",
    "承办人",
    "承办单位",
    "快递员",
    "司机",
    "客户经理",
    "业务员",
    "值班民警",
    "officer",
    "Courier",
    "Driver",
    "case officer",
]
OTHERS = ["客服", "店铺", "派出所", "网点", "学校", "医院"]
PHONES = ["联系电话", "电话", "手机", "手机号", "联系方式", "联系方式", "phone", "Tel.", "Mobile No."]
LISTED = [["姓名", "手机号"], ["受害人", "联系电话"], ["name", "phone"], ["电话"], ["收件人", "备注", "手机"]]
LINES = [
    "联系电话,N,",
    "电话,N,",
    ",联系电话,N",
    "联系电话：N,,",
    "电话：N,,",
    ",联系方式:N,",
    ",,Tel N",
    "联系方式,N,",
    "手机,N,",
    "联系电话： N,,",
]


def mobile(seed):
    return f"13{random.Random(seed).randrange(10**9):09}"


def numbers(start, stop):
    return sorted("86" + mobile(at) for at in range(start, stop))


def table(header, *columns):
    return "\n".join([",".join(header), *map(",".join, zip(*columns, strict=True))]) + "\n"


def cells(header, start, rows):
    """The cells of columns: a number in the phone columns, words in the others."""
    phones = {"手机号", "联系电话", "phone", "电话", "手机"}
    return [[mobile(start + at) if label in phones else f"某{at}" for at in range(rows)] for label in header]


def told(outcome, code):
    return sum(warning.count for warning in outcome.report.warnings if warning.code == code)


@pytest.mark.parametrize("handler", HANDLERS + OTHERS)
@pytest.mark.parametrize("listed", LISTED, ids="-".join)
@pytest.mark.parametrize("different", [1, 3, 8])
def test_the_phones_of_those_who_handle_a_case_beside_the_phones_of_the_list(load, listed, handler, different):
    rows = 12
    phone = PHONES[(len(handler) + different) % len(PHONES)]
    names = [f"李{at % different}" for at in range(rows)]
    own = [mobile(1000 + at % different) for at in range(rows)]
    outcome = load("a.csv", table([*listed, handler, phone], *cells(listed, 0, rows), names, own))
    assert sorted(outcome.numbers) == numbers(0, rows)
    assert told(outcome, "other_party") == rows


@pytest.mark.parametrize("between", [["工号"], ["单位", "职务"], ["Unit"], ["QQ", "微信"]])
@pytest.mark.parametrize("handler", ["承办民警", "承办人", "officer", "快递员"])
def test_phones_behind_what_belongs_to_those_who_handle_a_case(load, handler, between):
    header = ["姓名", "电话", handler, *between, "手机号"]
    columns = [
        *cells(["姓名", "电话"], 0, 6),
        ["李", "王"] * 3,
        *[["331234"] * 6 for _ in between],
        [mobile(99), mobile(98)] * 3,
    ]
    outcome = load("a.csv", table(header, *columns))
    assert sorted(outcome.numbers) == numbers(0, 6)
    assert told(outcome, "other_party") == 6


def test_phones_behind_the_badge_numbers_of_officers(load):
    header = ["姓名", "电话", "承办民警", "警号", "手机号"]
    columns = [*cells(["姓名", "电话"], 0, 6), ["李", "王"] * 3, ["331234", "331235"] * 3, [mobile(99), mobile(98)] * 3]
    outcome = load("a.csv", table(header, *columns))
    assert sorted(outcome.numbers) == numbers(0, 6)
    assert told(outcome, "other_party") == 6


def test_phones_without_a_label_behind_those_who_handle_a_case(load):
    """As a spreadsheet writes a cell over two columns."""
    columns = [*cells(["姓名", "电话"], 0, 6), ["李", "王"] * 3, [mobile(99), mobile(98)] * 3, ["好"] * 6]
    outcome = load("a.csv", table(["姓名", "电话", "民警", "", "备注"], *columns))
    assert sorted(outcome.numbers) == numbers(0, 6)
    assert told(outcome, "other_party") == 6


@pytest.mark.parametrize(
    "groups",
    [
        "客户,,业务员,",
        "报案人,,办案民警,",
        "受害人信息,,嫌疑人信息,",
        "投保人,,销售顾问,",
        "Customer,,Agent,",
        "买家,,卖家,",
    ],
)
@pytest.mark.parametrize("form", ["a.csv", "a.html"])
def test_a_group_header_that_names_somebody_else(load, groups, form):
    rows = [groups.split(","), ["姓名", "电话", "姓名", "电话"]]
    rows += [["某", mobile(at), "李", mobile(99 + at)] for at in range(6)]
    text = "\n".join(map(",".join, rows)) + "\n"
    if form == "a.html":
        first, *rest = (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        names = groups.split(",")
        first = f"<tr><td colspan=2>{names[0]}</td><td colspan=2>{names[2]}</td></tr>"
        text = f"<table>{first}{''.join(rest)}</table>"
    outcome = load(form, text)
    assert sorted(outcome.numbers) == numbers(0, 6)
    assert told(outcome, "other_party") == 6


@pytest.mark.parametrize(
    "label",
    ["嫌疑人电话", "骗子号码", "诈骗电话", "作案电话", "可疑号码", "所长电话", "辅警手机号", "带班领导电话", "片警电话", "警务通号码", "劝阻电话", "回访电话",
     "协办人电话", "外呼号码", "中间号", "主管电话", "老师电话", "水军电话", "admin_phone", "own_number", "service_tel", "短信中心号码", "smsc"],
)  # fmt: skip
def test_columns_of_others_beside_those_of_the_list(load, label):
    outcome = load(
        "a.csv", table(["姓名", "电话", label], *cells(["姓名", "电话"], 0, 6), [mobile(99 + at) for at in range(6)])
    )
    assert sorted(outcome.numbers) == numbers(0, 6)


@pytest.mark.parametrize(
    "label",
    [
        "被诈骗人电话",
        "诈骗受害人电话",
        "被骗人手机",
        "投诉人电话",
        "咨询人手机",
        "报修人电话",
        "物流收件人电话",
        "被回访人电话",
        "被询问人电话",
        "被处理人手机",
        "销售额,手机",
    ],
)
def test_words_that_are_not_of_others(load, label):
    header = ["姓名", *label.split(",")]
    columns = [["某"] * 6, *[["100"] * 6] * (len(header) - 2), [mobile(at) for at in range(6)]]
    assert sorted(load("a.csv", table(header, *columns)).numbers) == numbers(0, 6)


@pytest.mark.parametrize("header", ["序号,姓名,联系电话", ""])
@pytest.mark.parametrize(
    "title",
    [
        "二、办案民警",
        "专案组成员",
        "（二）犯罪嫌疑人名单",
        "网格员名单",
        "客服名单",
        "快递员名单",
        "业务员名单",
        "涉案人员",
        "反诈中心人员",
        "派出所联系人",
        "民警",
        "值班领导电话",
    ],
)
def test_a_list_of_others_below_the_list(load, title, header):
    rows = ["序号,姓名,联系电话", *(f"{at},某,{mobile(at)}" for at in range(6)), f"{title},,"]
    rows += [header] * bool(header) + [f"{at},李,{mobile(99 + at)}" for at in range(3)]
    outcome = load("a.csv", "\n".join(rows) + "\n")
    assert sorted(outcome.numbers) == numbers(0, 6)
    assert told(outcome, "other_party") == 3


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("rows", [1, 2, 12])
def test_a_table_of_those_who_handle_a_case_below_the_list(load, rows, handler):
    names = [f"李{at}" for at in range(rows)]
    below = table([handler, "联系电话"], names, [mobile(1000 + at) for at in range(rows)])
    outcome = load("a.csv", table(["姓名", "手机号"], *cells(["姓名", "手机号"], 0, 12)) + below)
    assert sorted(outcome.numbers) == numbers(0, 12)
    assert told(outcome, "other_party") == rows


@pytest.mark.parametrize("handler", HANDLERS)
def test_only_those_who_handle_a_case_have_names(load, handler):
    with pytest.raises(NoNumbersError):
        load(
            "a.csv",
            table(["序号", handler, "电话"], ["1", "2", "3"], ["李", "王", "张"], [mobile(at) for at in range(3)]),
        )


@pytest.mark.parametrize("handler", HANDLERS + OTHERS)
@pytest.mark.parametrize(
    "header",
    [["案号", "H", "联系电话"], ["受害人", "H", "联系电话"], ["手机", "H", "受害人电话"], ["H", "号码"]],
    ids="-".join,
)
def test_the_phones_of_the_list_behind_the_names_of_others(load, header, handler):
    """The same person has many numbers, or the label says whose they are: they are read."""
    columns = cells(header[:-1], 100, 12)
    columns[header.index("H")] = [f"李{at % 3}" for at in range(12)]
    header = [handler if label == "H" else label for label in header]
    outcome = load("a.csv", table(header, *columns, [mobile(at) for at in range(12)]))
    assert set(numbers(0, 12)) <= set(outcome.numbers)
    assert not told(outcome, "other_party")


def test_the_one_number_of_each_officer_behind_their_names(load):
    """The list has names and no other number, and those of three officers again and again."""
    officers = [at % 3 for at in range(12)]
    columns = [f"某{at}" for at in range(12)], [f"李{at}" for at in officers], [mobile(at) for at in officers]
    with pytest.raises(NoNumbersError):
        load("a.csv", table(["受害人", "承办民警", "联系电话"], *columns))


@pytest.mark.parametrize("place", ["foot", "middle"])
@pytest.mark.parametrize("phone_first", [True, False])
@pytest.mark.parametrize("above", ["填报人：李四,,", "办案民警,李四,", ",,", "合计,12,"])
@pytest.mark.parametrize("line", LINES)
def test_a_contact_line_is_told(load, line, above, phone_first, place):
    """The line below a signature says of nobody in the list what it says: it is not taken for a row."""
    rows = [f"{mobile(at)},某{at},好" if phone_first else f"某{at},{mobile(at)},好" for at in range(30)]
    at = {"foot": 30, "middle": 15}[place]
    rows[at:at] = [above, line.replace("N", mobile("signed"))]
    header = "手机号,姓名,备注" if phone_first else "姓名,手机号,备注"
    outcome = load("a.csv", "\n".join([header, *rows]) + "\n")
    assert sorted(outcome.numbers) == numbers(0, 30)
    assert told(outcome, "unread_numbers") + told(outcome, "other_party") == 1


@pytest.mark.parametrize("line", ["联系电话,N,", "电话：N,,", ",联系电话,N"])
def test_a_contact_line_is_read_with_the_texts_or_in_a_named_column(load, line):
    content = "姓名,手机号,备注\n" + "".join(f"某{at},{mobile(at)},好\n" for at in range(9))
    content += line.replace("N", mobile("signed")) + "\n"
    assert "86" + mobile("signed") in load("a.csv", content, scan_text=True).numbers


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_contact_lines_are_told_in_every_split(tmp_path, encoding, end):
    rows = []
    for at, line in enumerate(LINES * 3):
        rows += [f"某{at},{mobile(at)},好"] * 7 + [line.replace("N", mobile(f"signed {at}"))]
    path = tmp_path / "a.csv"
    path.write_bytes((end.join(["姓名,手机号,备注", *rows]) + end).encode(encoding))
    for kind in (Kind.EXPOSURE, Kind.MALICIOUS):
        assert_same(path, IntakeOptions(kind), (1 << 8, 1 << 9))


@pytest.mark.parametrize("kinds", [["手机"], ["手机", "座机"], ["手机", "电话", "家庭电话"], ["mobile", "phone"]])
@pytest.mark.parametrize("header", [["类型", "号码"], ["类型", "号码", "备注"], ["号码类型", "姓名", "电话"]])
def test_a_column_of_kinds_of_phones_is_no_label(load, header, kinds):
    rows = [[kinds[at % len(kinds)], *[""] * (len(header) - 2)] for at in range(30)]
    for at, row in enumerate(rows):
        row.insert(len(header) - 1 if header[-1] == "电话" else 1, mobile(at))
    outcome = load("a.csv", "\n".join([",".join(header), *map(",".join, rows)]) + "\n")
    assert sorted(outcome.numbers) == numbers(0, 30)
    assert not outcome.report.warnings


@pytest.mark.parametrize("header", ["手机1,手机2", "电话1,备注2", "手机,电话2"])
def test_a_header_with_an_ordinal_is_no_contact_line(load, header):
    """A table of two columns below the list: its header has a label for phones and a digit."""
    content = "姓名,手机号,备注\n" + "".join(f"某{at},{mobile(at)},好\n" for at in range(9))
    content += header + "\n" + "".join(f"{mobile(100 + at)},\n" for at in range(9))
    outcome = load("a.csv", content)
    assert set(numbers(0, 9)) | set(numbers(100, 109)) == set(outcome.numbers)
    assert not outcome.rejects
    assert not outcome.report.warnings
