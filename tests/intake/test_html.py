"""HTML pages that are saved under the names of workbooks and texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.tables.html import html_sheets
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables_of import outcome_of, tables_of

PHONE, OTHER = "13800138000", "13900139000"
ROWS = f"<tr><td>姓名<td>手机号<tr><td>张三<td>{PHONE}<tr><td>李四<td>{OTHER}"
TABLE = f"<html><body><table>{ROWS}</table></body></html>"


def page(text: str | bytes, **options):
    return tables_of(text.encode() if isinstance(text, str) else text, Format.HTML, **options)


def rows(text: str | bytes) -> list[list[str]]:
    return page(text).only


@pytest.mark.parametrize("name", ["导出.xls", "导出.csv", "导出.html", "导出.htm", "导出.xlsx", "导出", "导出.et"])
def test_under_any_name(load, name):
    outcome = load(name, TABLE)
    assert outcome.numbers == ["86" + PHONE, "86" + OTHER]
    named = [note for note in outcome.report.notes if "is named as" in note]
    assert bool(named) == (not name.endswith((".html", ".htm", "导出")))


@pytest.mark.parametrize(
    "text",
    [
        f"<table>{ROWS}",
        f"<TABLE>{ROWS}</TABLE>",
        ROWS,
        f"<!-- made by x --><center><table>{ROWS}</table>",
        f"<?xml version='1.0'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'>{TABLE}",
        f"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><!--[if gte mso 9]><xml><x:Name>S</x:Name></xml><![endif]--><table>{ROWS}",
        f"<html><![if supportMisalignedColumns]><table>{ROWS}</table><![endif]>",
        TABLE.replace("<tr>", "<tbody><tr>"),
        TABLE.replace("<td>", "</td>\n <td>").replace("<tr>", "</tr>\r\n<tr>"),
        TABLE.replace("<td>", "<th class=xl65 style='mso-number-format:\"\\@\"'>"),
        TABLE.replace(PHONE, f"<font color=red><b>138</b></font>{PHONE[3:]}"),
        TABLE.replace(PHONE, f"&#49;&#x33;8{PHONE[3:]}&nbsp;"),
        TABLE.replace(PHONE, f"\n   {PHONE}\n"),
        TABLE.replace(PHONE, f"<script>var x = '{OTHER}'</script><style>a</style>{PHONE}"),
        TABLE.replace(PHONE, f"<input type=text value={PHONE}>"),
    ],
)
def test_ways_to_write_one_table(text):
    assert rows(text) == [["姓名", "手机号"], ["张三", PHONE], ["李四", OTHER]]


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("gb18030", "<meta charset=gbk>"),
        ("gb18030", '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=GB2312">'),
        ("gb18030", ""),
        ("gb18030", "<meta charset=utf-8>"),
        ("gb18030", "<meta charset=iso-8859-1>"),
        ("utf-8", ""),
        ("utf-8", "<meta charset=gbk>"),
        ("utf-8", "<meta charset=nonsense>"),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-16-le", "<meta charset=unicode>"),
        ("utf-16-be", ""),
        ("big5", "<meta charset=big5>"),
    ],
)
def test_encodings(codec, declared):
    text = f"<html><head>{declared}</head><table>{ROWS}".replace("张", "陳")
    assert rows(text.replace("手机号", "手機").replace("李", "林").encode(codec))[1:] == [
        ["陳三", PHONE],
        ["林四", OTHER],
    ]


def test_bad_bytes_are_told():
    found = page(f"<table>{ROWS}".encode("gb18030").replace("张三".encode("gb18030"), b"\xff\xff\xd5"))
    assert found.only[1][1] == PHONE
    assert [(warning.code, warning.count > 0) for warning in found.report.warnings] == [("bad_bytes", True)]


def test_columns_stay_in_place_under_cells_that_span():
    text = f"""<table><tr><th rowspan=2>姓名<th colspan=2>联系方式<th>x<tr><th>手机<th>邮箱<th>y
        <tr><td rowspan=3>张三<td>{PHONE}<td>a<td>1<tr><td>{OTHER}<td>b<td>2<tr><td colspan=2>无<td>3</table>"""
    assert rows(text) == [
        ["姓名", "联系方式", "", "x"],
        ["", "手机", "邮箱", "y"],
        ["张三", PHONE, "a", "1"],
        ["", OTHER, "b", "2"],
        ["", "无", "", "3"],
    ]


def test_every_table_is_read_and_named_by_its_place():
    found = page(f"<table><tr><td>标题<tr><td> </table><table></table><p>x</p><table>{ROWS}</table>")
    assert list(found.rows) == ["a table 1", "a table 3"]
    assert found.lines["a table 3"] == [1, 2, 3]


def test_a_table_inside_a_layout_table():
    found = page(f"<table><tr><td>菜单<td><table>{ROWS}</table><tr><td>页脚</table><table><tr><td>z</table>")
    assert found.rows == {
        "a table 1": [["菜单"], ["页脚"]],
        "a table 2": [["姓名", "手机号"], ["张三", PHONE], ["李四", OTHER]],
        "a table 3": [["z"]],
    }


def test_a_small_table_inside_a_cell_is_text_of_the_cell():
    inner = f"<table><tr><td>{PHONE}</td></tr><tr><td>{OTHER}</td></tr></table>"
    assert rows(f"<table><tr><td>姓名<td>手机<tr><td>张三<td>{inner}<tr><td>李四<td>无</table>") == [
        ["姓名", "手机"],
        ["张三", f"{PHONE}\n{OTHER}"],
        ["李四", "无"],
    ]


def test_lines_in_a_cell():
    assert rows(f"<table><tr><td>{PHONE}<br>{OTHER}<p>x</p><tr><td>138\n0013\n8000<tr><td>z</table>") == [
        [f"{PHONE}\n{OTHER}\nx"],
        ["138 0013 8000"],
        ["z"],
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<td x:num='13800138000'>1.38E+10", PHONE),
        ("<td x:num='13800138000'>########", PHONE),
        ("<td x:num='13800138000'>13,800,138,000", PHONE),
        ("<td x:num='13800138000.5'>1.38E+10", "13800138000.5"),
        ("<td x:num>13800138000", PHONE),
        ("<td sdval='13800138000' sdnum='2052;'>1.38E+10", PHONE),
        ("<td x:num='45306.5'>2024-01-15 12:00", "2024-01-15 12:00"),
        ("<td x:num='nonsense'>1.38E+10", "1.38E+10"),
        ("<td x:num='1e999'>1.38E+10", "1.38E+10"),
        ("<td><a href='tel:13800138000'>拨打</a>", "拨打 13800138000"),
        ("<td><a href='tel:13800138000'>138 0013 8000</a>", "138 0013 8000"),
        ("<td><a href='https://example.org/13800138000'>x</a>", "x"),
        ("<td>2 <a href='tel:13800138000'>拨打</a>", "2 拨打 13800138000"),
        ("<td>13800138000 <a href='tel:+86%2013800138000'>拨打</a>", "13800138000 拨打"),
        ("<td><a href='tel:13800138000'>138****8000</a>", PHONE),
        ("<td><a href='tel:13800138000'>138****8001</a>", "138****8001 13800138000"),
        ("<td><a href='tel:13800138000'>a</a> <a href='tel:13900139000'>b</a>", "a b 13800138000 13900139000"),
    ],
)
def test_what_a_cell_keeps_beside_its_text(cell, text):
    assert rows(f"<table><tr><td>手机<tr>{cell}</table>") == [["手机"], [text]]


def test_numbers_outside_tables_are_a_table():
    found = page(f"<p>通讯录</p><div>张三 {PHONE}</div>李四 {OTHER}<br>x<table><tr><td>y</table>")
    assert found.rows == {
        "a table 1": [["y"]],
        "a text outside the tables": [["通讯录"], [f"张三 {PHONE}"], [f"李四 {OTHER}"], ["x"]],
    }
    assert list(page("<p>通讯录 2024</p><table><tr><td>y</table>").rows) == ["a table 1"]


@pytest.mark.parametrize("line", ["0571-88123456", "(010)62345678", "+852 91234567", "0139 0013 9000".replace(" ", "")])
def test_a_line_outside_tables_that_is_one_number_is_read(load, line):
    outcome = load("a.html", f"{TABLE}<ul><li>赵四<li>{line}</ul>")
    assert len(outcome.numbers) == 3


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<p>联系电话：0571-88123456", 1),
        ("<li>张三 0571-88123456<li>李四 0571-88123457", 2),
        ("<p>可以打 +852 91234567 找我", 1),
        ("<p>客服热线：0571-88123456", 0),
        ("<p>全国统一：400-812-3456", 0),
        ("<p>导出时间 2024-01-15 10:22:33 共 12345 条，京ICP备14012345号-1", 0),
    ],
)
def test_other_numbers_outside_tables_are_told(load, text, count):
    assert told(load("a.html", TABLE + text)) == ([("a.html text outside the tables", count)] if count else [])


def told(outcome):
    assert outcome.numbers[:2] == ["86" + PHONE, "86" + OTHER]
    assert {each.code for each in outcome.report.warnings} <= {"unread_numbers"}
    return [(each.location, each.count) for each in outcome.report.warnings]


@pytest.mark.parametrize("link", ["<a href='tel:13700137000'>137****7000</a>", "<a href='tel:13700137000'>拨打</a>"])
@pytest.mark.parametrize("place", ["<div>赵四 {}</div>", "{}", "<p>{}<p>x", "<li>赵四 {} 2 楼"])
def test_links_outside_tables_are_read_or_told(load, link, place):
    outcome = load("a.html", TABLE + place.format(link))
    warned = [(each.code, each.location, each.count) for each in outcome.report.warnings]
    assert outcome.numbers[2:] == ["8613700137000"] or warned == [
        ("unread_numbers", "a.html text outside the tables", 1)
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<script>var d=[{name:'a',phone:'13700137000'},{phone:'13700137001'}]</script>", 2),
        ("<script>var d=[{phone:13700137000}]</script>", 1),
        ("<script>var d=[{phone:'0571-88123456'}]</script>", 1),
        ("<script>var d='" + "," * 100_000 + "13700137000'</script>", 1),
        ("<template><tr><td>a<td>13700137000<tr><td>b<td>0571-88123456</template>", 2),
        ("<template><tr data-phone=13700137000></template>", 1),
        ("<template>a<template>b</template><td>13700137000</template>", 1),
        ("<script>var t='<template>'</script>", 0),
        ("<!-- <tr><td>a</td><td>13700137000</td></tr> -->", 1),
        ("<!-- <td>0571-88123456</td> -->", 1),
        ("<select><option value=13700137000>a</select>", 1),
        ("<input type=hidden value=13700137000>", 1),
        ("<button onclick=\"call('13700137000')\">", 1),
        ("<div data-phone='13700137000' data-x='+85291234567'>a</div>", 2),
        ("<a href='sms:13700137000'>x</a><img alt='13700137000'>", 1),
        ("<head><title>赵四13700137000的聊天记录</title></head>", 1),
        ("<script>call('13800138000')</script><div data-phone=13900139000>", 0),
        ("<script src='13700137000.js'></script><img src='/13700137000.jpg'><input placeholder=13700137000>", 0),
        ("<script>var t=1700000000000, a=1700000000, b='20240115102233', c=[1.38001380001]</script>", 0),
        ("<style>a{width:13700137000px}</style><!--[if gte mso 9]><xml><x:Name>S</x:Name></xml><![endif]-->", 0),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_numbers_that_the_page_does_not_show_are_told(load, text, count, before):
    outcome = load("a.html", text + TABLE if before else TABLE + text)
    assert told(outcome) == ([("a.html text that the page does not show", count)] if count else [])


def test_a_number_in_an_attribute_of_a_row_that_shows_a_part_of_it_is_told(load):
    row = "<tr data-phone=13700137000><td>赵四<td>137****7000"
    outcome = load("a.html", TABLE.replace("</table>", f"{row}</table>"))
    assert told(outcome) == [("a.html text that the page does not show", 1)]
    assert "13700137000" not in repr(outcome.report)


def test_a_frameset_says_where_the_cells_are():
    with pytest.raises(IntakeError, match=r"frames .*sheet001\.htm"):
        page("<html><frameset rows='*,39'><frame src='x.files/sheet001.htm'><frame></frameset></html>")


@pytest.mark.parametrize(
    "text",
    [
        "<table>" + "<tr><td colspan=1000 rowspan=65534>x" * 20_000,
        "<table>" + ("<tr>" + "<td colspan=1000>" * 16 + "<td>x") * 20_000,
        "<table><tr><td colspan=99999999999999 rowspan=99999999999999>x</td><td>y</table>" * 10,
        "<table><tr>" + "<td>x" * 20_000,
        "<table><tr><td>" * 5_000,
        "<table><tr><td>" * 50 + "x" * 200_000,
        "<div>" * 200_000 + "<table><tr><td>x",
        "<table><tr><td>" + "x" * 3_000_000,
        "<table><tr><td title='" + "x" * 20_000_000 + "'>y",
        "<table><tr><td " + "a=1 " * 300_000 + ">y",
        "<table><tr><td>" + "&" * 1_000_000,
        "<table><tr><td>" + "<" * 1_000_000,
        "<!--" * 500_000,
        "<table><tr><td>x<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
        "<table><tr><td>x</td></tr></table>" * 50_000,
    ],
    ids=lambda text: text[:40],
)
def test_hostile_pages(text):
    """Each ends in tables or an error, within the limits of the process and without a file of this machine in it."""
    error, found = outcome_of(lambda: page(text))
    assert len(str(error)) < 300
    assert "root:" not in str(found and found.rows)


@hostile(300)
@given(st.binary(max_size=300) | st.text(alphabet="<>/=\"' !-tdrablehx&#;1\n", max_size=300).map(str.encode))
def test_any_bytes_are_tables_or_an_error(noise):
    outcome_of(lambda: list(html_sheets(b"<table>" + noise)))


@hostile(300)
@given(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 8))
def test_damaged_pages_are_tables_or_an_error(at, put, cut):
    content = f"<html><meta charset=utf-8><table border=1>{ROWS}<tr><td rowspan=2 x:num=1>1<table>{ROWS}</table></table>".encode()
    at %= len(content)
    outcome_of(lambda: list(html_sheets(content[:at] + put + content[at + cut :])))
