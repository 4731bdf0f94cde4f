"""Numbers of officers and services, and notes, in phone cells: told and not taken, wherever they stand."""

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.layout import PhoneColumn
from pilookup.custody.intake.rows.of_another import are_of_office
from pilookup.errors import NoNumbersError
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

OFFICE = [
    "制表人：李四 电话：{}", "填表人 张三{}", "如有疑问请联系王警官 {}", "技术支持 {}", "客服热线:{}", "咨询电话 {}", "{}（办案民警）",
    "审核：赵六，{}", "举报电话{}", "Hotline {}", "prepared by Li Si, {}", "For questions: {}", "customer service {}",
]  # fmt: skip
NOTES = ["请加微信 {} 领取", "本表由某某平台导出，{}", "please send a text to {}"]
OF_A_PERSON = [
    "{}", "张三 {}", "{}(儿子)", "妻子{}", "微信号：{}", "{}（微信同号）", "电话1：{}", "手机：{}", "浙江杭州 {}", "{} 移动", "Mrs Li {}",
]  # fmt: skip
PLACES = ["foot", "foot after blank rows", "middle", "head of the data"]


def mobile(seed):
    return f"13{random.Random(seed).randrange(10**9):09}"


def table(line, place, header):
    """Rows of phone and name, among which a line stands in the first column."""
    rows = [f"{mobile(at)},某人" for at in range(30)]
    at = {"foot": 30, "foot after blank rows": 30, "middle": 15, "head of the data": 1}[place]
    rows[at:at] = ["", "", line] if "blank" in place else [line]
    return "\n".join(["手机,姓名"] * header + rows) + "\n"


def told(outcome, code):
    return sum(warning.count for warning in outcome.report.warnings if warning.code == code)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("words", "code"), [*((one, "other_party") for one in OFFICE), *((one, "unread_numbers") for one in NOTES)]
)
def test_a_number_of_an_office_or_in_a_note_is_told(load, words, code, place, header):
    line = words.format(mobile("office")).replace(",", "，")
    outcome = load("a.csv", table(line, place, header))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(30))
    assert told(outcome, code) == 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", OF_A_PERSON)
def test_a_number_with_a_name_or_role_is_taken(load, words, place):
    outcome = load("a.csv", table(words.format(mobile("person")), place, True))
    assert "86" + mobile("person") in outcome.numbers
    assert not outcome.report.warnings


@pytest.mark.parametrize("words", [*OFFICE, *NOTES])
def test_a_column_that_the_operator_names_is_read_whatever_the_words(load, words):
    line = words.format(mobile("office")).replace(",", "，")
    assert "86" + mobile("office") in load("a.csv", table(line, "foot", True), phone="手机").numbers


@pytest.mark.parametrize("words", OFFICE)
def test_the_only_cell_of_a_sheet(load, words):
    page = f"<html><table><tr><td>{words.format(mobile('office'))}</td></tr></table></html>"
    with pytest.raises(NoNumbersError, match=r"(?:other_party|unread_numbers)[^;]*\(1\)"):
        load("a.html", page)


ENTRIES = st.tuples(st.sampled_from(["", "张三", "客服", "民警", "家属"]), st.integers(0, 10**8 - 1))


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_each_number_of_a_cell_has_its_own_words(entries):
    cell = "，".join(f"{words} 138{digits:08}" for words, digits in entries)
    found = find_numbers(cell)
    assert len(found) == len(entries)
    marks = are_of_office(cell, found, PhoneColumn(0))
    assert marks == [words in ("客服", "民警") for words, _ in entries]
    assert not any(are_of_office(cell, found, PhoneColumn(0, is_given=True)))


def test_a_row_of_equal_words_is_no_header(load):
    """A table whose rows are columns: its last row has the same word for everybody."""
    numbers = [mobile(at) for at in range(7)]
    rows = [["姓名", *"甲乙丙丁戊己庚"], ["手机", *numbers], ["住址", *["村"] * 7]]
    outcome = load("a.csv", "\n".join(",".join(row) for row in rows) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + number for number in numbers)


def calls(load, width):
    """The number of function calls while a file of three rows is read, each with `width` phone cells."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    rows = [",".join(f"电话1{3 + row}{at:09}" for at in range(width)) for row in range(3)]
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        outcome = load("wide.csv", "\n".join(rows) + "\n")
    finally:
        sys.setprofile(before)
    assert len(outcome.numbers) == 3 * width
    return count


def test_time_grows_with_the_width_of_the_rows(load):
    calls(load, 500)  # fills caches
    assert calls(load, 2000) <= 2.3 * calls(load, 1000)


# Lines of labels and values under a table of five columns, whose phones are in the third; `N` is the number.
SIGNED = [
    "填报人,某某,联系电话,N", "民警签字,李娜,手机,N", "合计,6,,,\n咨询电话,N", "制表：张三,,审核：李四,电话：N", ",派出所值班电话,N,",
    "制表人,张三,N", "填表人：张三,,N", "经办人张三,,,,N", "承办单位,某某,Tel,N", "审核人签字,,,手机号码,N", "值班民警,李娜,,联系方式,N",
    "民警,李娜,电话,N", "李警官,,电话：N", "审核员,李娜,手机,N", "派出所,,电话,N", "机主号码,N", "机主,张三,手机,N", "监督电话,,N",
    "prepared by,Li Si,phone,N", "case officer: Li Si,,,mobile,N", "hotline,N", "取证人,李警官,,办公电话,N,手机,N",
    "经办人：张三\n电话：N", "示例,张三,N", "填写示例,张三,N", ",王强警官,N", ",李娜（民警）,N", ",所长 王强,N", "责任民警,王强,N", ",班主任:王强,N", "嫌疑人,某某,N",
    "客服,N", "骗子,N", "派出所,N", "机主,N", ",反诈中心,N", "民警,,N",
    "值班领导:王强,电话:N", "案情：一人被骗。值班领导:王强,电话:N",
]  # fmt: skip
OF_THE_LIST = [
    "7,派出所已登记,N,好,村", "7,张三,N,派出所,旁", "民警,张三,N,好,村", "已审核,张三,N,好,村", "审核,张三,N,好,村", "检验员,张三,N,,", "举报,张三,N,,",
    "7,张三,N,经办人：李娜,村", "姓名：张三,审核：通过,N,,", "审核：已审核,张三,N,好,村", "经办人,李娜,,姓名：张三,手机：N", "7,民警小区,N,好,村", "姓名,张三,职业,民警,手机：N", "机主,张三,N,好,村",
]  # fmt: skip


def signed_table(line, place, header):
    rows = [f"{at},某人,{mobile(at)},好,村" for at in range(30)]
    at = {"foot": 30, "middle": 15}[place]
    rows[at:at] = line.split("\n")
    return "\n".join(["序号,姓名,电话,备注,地址"] * header + rows) + "\n"


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("place", ["foot", "middle"])
@pytest.mark.parametrize("line", SIGNED)
def test_a_number_behind_a_label_in_another_cell_is_told(load, line, place, header):
    """It names an officer, the author, a service or the owner of the phone; or the row directly above does."""
    outcome = load("a.csv", signed_table(line.replace("N", mobile("other")), place, header))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(30))
    assert told(outcome, "other_party") == 1


@pytest.mark.parametrize("place", ["foot", "middle"])
@pytest.mark.parametrize("line", OF_THE_LIST)
def test_a_number_beside_a_remark_or_an_occupation_is_taken(load, line, place):
    outcome = load("a.csv", signed_table(line.replace("N", mobile("person")), place, True))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in [*range(30), "person"])


@pytest.mark.parametrize("line", ["制表人,张三,N", ",派出所值班电话,N", "经办人：张三\n,,电话：N"])
def test_a_column_that_the_operator_names_is_read_whatever_the_labels(load, line):
    text = signed_table(line.replace("N", mobile("other")), "foot", True)
    assert "86" + mobile("other") in load("a.csv", text, phone="电话").numbers


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_labels_in_other_cells_are_read_in_every_text(load, encoding, end):
    lines = [f"{at},某人,{mobile(at)}" for at in range(3000)]
    lines[100::100] = ["填报人,张三," + mobile("other")] * 29
    outcome = load("a.csv", end.join(["序号,姓名,电话", *lines, ""]).encode(encoding))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(3000) if at % 100 or not at)
    assert told(outcome, "other_party") == 29


FACTS = [
    "机主号码|N", "取证人|李警官|联系电话|N", "本机号码|N",
    "办案民警|李娜|联系电话|N",
]  # fmt: skip


@pytest.mark.parametrize("facts", FACTS)
def test_a_table_of_facts_of_a_report(load, facts):
    rows = [line.split("|") for line in facts.replace("N", mobile("other")).split(";")]
    tables = [[["设备名称", "OPPO"], *rows], [["序号", "对方号码"], *([str(at), mobile(at)] for at in range(3))]]
    cells = ["".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in table) for table in tables]
    outcome = load("a.html", "".join(f"<table>{table}</table>" for table in cells))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(3))
    assert told(outcome, "other_party") == 1


def test_a_form_of_a_person_of_the_list_below_that_of_the_officer(load):
    """The label of the person ends what the label of the officer says."""
    forms = [f"<tr><td>姓名</td><td>某人</td></tr><tr><td>手机</td><td>{mobile(at)}</td></tr>" for at in range(5)]
    outcome = load("a.html", f"<table><tr><td>承办人</td><td>李娜</td></tr>{''.join(forms)}</table>")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(5))


TITLES = [
    "二、办案民警联系表", "民警联系方式", "值班民警电话", "城关派出所民警通讯录", "（三）承办人员名单", "专案组民警名单：", "办案民警及辅警联系方式",
    "附件2：侦查人员一览表", "Officers' contacts", "刑侦大队民警名册（2026年）",
]  # fmt: skip
TITLES_OF_THE_LIST = [
    "民警走访登记表",
    "嫌疑人手机通讯录",
    "犯罪嫌疑人手机联系人清单",
    "派出所辖区居民联系表",
    "办案民警提取的受害人名单",
    "工作人员名单",
    "一、被害人名单",
    "客户联系表",
]


def titled(title, header, numbers, fill=",,"):
    rows = [f"{at},某人,{number}" for at, number in enumerate(numbers)]
    return [title + fill, *([header] if header else []), *rows]


@pytest.mark.parametrize("header", ["序号,姓名,电话", "序号,姓名,联系方式", ""])
@pytest.mark.parametrize("order", ["first", "last", "between"])
@pytest.mark.parametrize("blank", [0, 1])
@pytest.mark.parametrize("title", TITLES)
def test_a_table_under_the_title_of_a_list_of_officers(load, title, blank, order, header):
    """Also where the other lists have the same header."""
    ours = titled("被害人名单", "序号,姓名,电话", [mobile(at) for at in range(8)])
    more = titled("其他被害人名单", "序号,姓名,电话", [mobile(at) for at in range(8, 12)])
    officers = titled(title, header, [mobile(f"officer {at}") for at in range(3)])
    parts = {"first": [officers, ours, more], "last": [ours, more, officers], "between": [ours, officers, more]}[order]
    outcome = load("a.csv", ("\n" * (blank + 1)).join("\n".join(part) for part in parts) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(12))
    assert told(outcome, "other_party") == 3


@pytest.mark.parametrize("place", ["head", "foot"])
@pytest.mark.parametrize("title", TITLES_OF_THE_LIST)
def test_a_table_under_another_title_is_read(load, title, place):
    other = titled("被害人名单", "序号,姓名,电话", [mobile(at) for at in range(8)])
    table = titled(title, "序号,姓名,联系电话", [mobile(at) for at in range(8, 12)])
    outcome = load("a.csv", "\n".join([*table, *other] if place == "head" else [*other, *table]) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(12))
    assert not outcome.report.warnings


@pytest.mark.parametrize(
    ("header", "of_officers"),
    [
        ("姓名,警号,电话", True), ("姓名,警衔,手机", True), ("民警姓名,警号,联系电话", True), ("name,badge no,phone", True),
        ("承办民警,警号,电话", True), ("姓名,承办民警,电话", False), ("姓名,编号,电话", False),
    ],
)  # fmt: skip
def test_a_header_with_badge_numbers(load, header, of_officers):
    rows = [f"张三,01234{at},{mobile(at)}" for at in range(6)]
    text = "\n".join([header, *rows, "姓名,村,手机", f"某人,王庄,{mobile(9)}", f"某人,李庄,{mobile(8)}"]) + "\n"
    outcome = load("a.csv", text)
    assert len(outcome.numbers) == (2 if of_officers else 8)
    assert told(outcome, "other_party") == (6 if of_officers else 0)


@pytest.mark.parametrize(
    "header", ["姓名,电话,承办民警,警号", "受害人电话,住址,民警姓名,警号", "手机,村,办案民警,警号"]
)
def test_the_badge_number_of_an_officer_beside_each_person(load, header):
    phone = next(at for at, label in enumerate(header.split(",")) if label in ("电话", "受害人电话", "手机"))
    rows = [["某人", "某地", "张三", f"01234{at}"] for at in range(6)]
    for at, row in enumerate(rows):
        row[phone] = mobile(at)
    outcome = load("a.csv", "\n".join([header, *map(",".join, rows)]) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(6))


ABOVE = [
    "办案民警,王警官,联系电话,N", "联系人：王警官,电话：N", "填报人,张三,N", "咨询电话,N", "办案单位,城关派出所,,电话,N",
    "案件名称,某案\n办案民警,李娜,手机,N", "prepared by,Li Si,phone,N",
]  # fmt: skip


@pytest.mark.parametrize(
    "header", ["序号,需调取号码,时间段,备注", "序号,查询标的,时间段,备注", "序号,电话,时间段,备注", ""]
)
@pytest.mark.parametrize("lines", ABOVE)
def test_a_line_of_the_officer_above_the_header(load, lines, header):
    """Whether the header names phones, is unknown, or is missing."""
    rows = [f"{at},{mobile(at)},2026-01至2026-05,好" for at in range(6)]
    outcome = load("a.csv", "\n".join([lines.replace("N", mobile("other")), *filter(None, [header]), *rows]) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(6))
    assert told(outcome, "other_party") + told(outcome, "unread_numbers") == 1


@pytest.mark.parametrize("header", [["手机"], ["任务名：推广", "发送号码："], []])
@pytest.mark.parametrize("place", [0, 12, 30])
@pytest.mark.parametrize("words", ["发送人：蒋佳佳 {}", "导出人:张三{}", "制作者： 李四，{}", "提供方：某公司 {}"])
def test_who_made_a_list_of_numbers_alone_is_told(load, words, place, header):
    rows = [mobile(at) for at in range(30)]
    rows.insert(place, words.format(mobile("maker")))
    outcome = load("a.txt", "\n".join([*header, *rows]))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(30))
    assert told(outcome, "other_party") + told(outcome, "unread_numbers") == 1


@pytest.mark.parametrize(
    "words",
    ["联系人：张三 {}", "受害人：张三 {}", "张三 {}", "微信号：{}", "电话：{}", "{} 李四", "家属：李四 {}", "本人：{}"],
)
def test_a_person_in_a_list_of_numbers_alone_is_taken(load, words):
    rows = [mobile(at) for at in range(30)]
    rows.insert(12, words.format(mobile("person")))
    assert "86" + mobile("person") in load("a.txt", "\n".join(["手机", *rows])).numbers


@pytest.mark.parametrize(
    "line",
    ["解压密码 联系客服QQ 1234567 电话 {}", "解压请找客服微信 abc123 手机 {}", "售后客服 电话 {}", "联系客服: 手机 {}"],
)
def test_a_text_that_names_a_service(load, line):
    with pytest.raises(NoNumbersError, match=r"(?:other_party|unread_numbers)[^;]*\(1\)"):
        load("readme.txt", line.format(mobile("service")))


SPELLED = [
    "13911112222",
    "１３９１１１１２２２２",
    "一三九一一一一二二二二",
    "139 1111 2222",
    "139.1111.2222",
    "+8613911112222",
    "(0571)88881234",
    "1391111222O",
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("label", ["填报人,张三", "制表：张三", "咨询", "机主,张三", "负责民警签字", "经办人：李四"])
def test_lines_of_labels_come_out_the_same_from_splits(tmp_path, label, encoding):
    """However the number is spelled, which the core may read."""
    rows = [f"某人,{mobile(at)},王庄" for at in range(9)]
    lines = [f"{label},{phone.format(number)}" for phone in ("联系电话,{}", "电话：{}", "{}") for number in SPELLED]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(["姓名,手机,村", *rows, *lines, *rows, ""]).encode(encoding))
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (1, 40, 1 << 20))
