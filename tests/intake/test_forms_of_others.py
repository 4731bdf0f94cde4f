"""Numbers of somebody else in forms, whose label stands in the row above: told and not taken, wherever they stand."""

import itertools
import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

# Lines of a label and a value, separated by "|"; `N` is the number.
OTHERS = [
    "办案人|赵刚\n电话|N", "接报民警|赵刚\n联系电话|N", "民警|赵刚\n警号|012345\n手机|N", "派出所电话|赵刚\n电话|N", "值班室电话|赵刚\n电话|N",
    "填报人|赵刚\n联系方式|N", "承办单位|城关派出所\n职务|所长\n电话|N", "officer|Zhao\nphone|N", "承办民警|赵刚\n办公电话|0571-88881234\n手机|N",
    "本机号码|N", "办案民警电话|N", "承办民警|\n手机|N", "机主|赵刚\n电话|N",
]  # fmt: skip
PEOPLE = [
    "姓名|受害V\n联系电话|N\n损失|5000元", "报案人姓名|受害V\n联系电话|N", "受害人|受害V\n身份证号|110101199003078515\n手机号码|N\n住址|王庄",
    "受害人电话|N\n住址|王庄", "姓名|受害V\n职业|民警\n手机|N",
]  # fmt: skip
SEPARATORS = {"a.csv": ",", "a.tsv": "\t", "colon.txt": ":", "wide.txt": "："}
PLACES = ["head", "middle", "foot"]
COUNTS = [1, 2, 9]


def mobile(seed):
    return f"13{random.Random(seed).randrange(10**9):09}"


def form(others, person, name, place, count, blank):
    """Forms of several persons, with the lines of somebody else above, among or under them."""
    people = [person.replace("V", "甲乙丙丁戊己庚辛壬"[at]).replace("N", mobile(at)) for at in range(count)]
    at = {"head": 0, "middle": count // 2, "foot": count}[place]
    parts = [*people[:at], others.replace("N", mobile("other")), *people[at:]]
    return ("\n" * (blank + 1)).join(parts).replace("|", SEPARATORS[name]) + "\n"


def told(outcome):
    return sum(
        warning.count for warning in outcome.report.warnings if warning.code in ("other_party", "unread_numbers")
    )


def people(count):
    return sorted("86" + mobile(at) for at in range(count))


def forms():
    """Every label of somebody else in every form, each with places, counts and encodings of its own."""
    rest = itertools.cycle(itertools.product(PLACES, COUNTS, (0, 1), ("utf-8", "gb18030", "utf-16")))
    for other, person, name in itertools.product(OTHERS, PEOPLE, SEPARATORS):
        for _ in range(5):
            place, count, blank, encoding = next(rest)
            if other.startswith("民警") and count == 1:
                continue  # one record with a badge number is taken for one of an officer
            yield other, person, name, place, count, blank, encoding


@pytest.mark.parametrize("name", SEPARATORS)
@pytest.mark.parametrize("other", OTHERS)
def test_a_number_under_the_label_of_somebody_else_is_told(load, other, name):
    for one, person, file, place, count, blank, encoding in forms():
        if (one, file) != (other, name):
            continue
        text = form(other, person, name, place, count, blank)
        outcome = load(name, text.encode(encoding))
        assert sorted(outcome.numbers) == people(count), text
        assert told(outcome) >= 1, text


@settings(max_examples=250, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(1, 120))
def test_forms_come_out_the_same_from_splits(tmp_path_factory, data, size):
    """Wherever a split starts, also between a label and the number under it."""
    name = data.draw(st.sampled_from([*SEPARATORS]))
    blocks = data.draw(st.lists(st.sampled_from([*OTHERS, *PEOPLE, "电话|无", "电话|姓名", "备注|", "|"]), max_size=12))
    lines = [block.replace("V", "甲").replace("N", mobile(at)) for at, block in enumerate(["电话|N", *blocks])]
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    text = end.join("\n".join(lines).replace("|", SEPARATORS[name]).split("\n"))
    path = tmp_path_factory.mktemp("forms") / name
    path.write_bytes(text.encode(data.draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))))
    region = data.draw(st.sampled_from(["CN", "US"]))
    assert_same(path, IntakeOptions(Kind.EXPOSURE, region), (size, 1 << 20))


@pytest.mark.parametrize("wide", [3, 30])
def test_a_table_whose_rows_are_columns(load, wide):
    rows = [
        ["姓名", *("受害甲" for _ in range(wide))],
        ["联系电话", *(mobile(at) for at in range(wide))],
        ["办案民警", *("赵刚" for _ in range(wide))],
        ["联系电话", *(mobile(f"officer {at}") for at in range(wide))],
    ]
    outcome = load("a.csv", "\n".join(map(",".join, rows)) + "\n")
    assert sorted(outcome.numbers) == people(wide)
    assert told(outcome) == wide


IN_A_ROW = [
    "姓名,某人,电话,V,民警,赵刚,电话,N", "姓名,某人,民警,赵刚,电话,N,本人电话,V", "办案民警,赵刚,报案人电话,V,办公电话,无,手机,X",
    "姓名,某人,职业,民警,手机,V", "姓名,某人,行业,民警,手机,V", "姓名,某人,单位,派出所,手机,V", "姓名,某人,手机,V,职业,民警,备用电话,X",
]  # fmt: skip


@pytest.mark.parametrize("row", IN_A_ROW)
def test_a_record_in_a_row(load, row):
    """An occupation is a value; 民警 where a label is expected holds for the phone behind it. `V`, `X`: of the person."""
    rows, wanted, others = [], set(), 0
    for at in range(6):
        wanted |= {"86" + mobile((letter, at).__repr__()) for letter in "VX" if letter in row}
        others += "N" in row
        for letter in "VXN":
            row_of = row if letter == "V" else rows.pop()
            rows.append(row_of.replace(letter, mobile((letter, at).__repr__())))
    outcome = load("a.csv", "\n".join(rows) + "\n")
    assert set(outcome.numbers) == wanted
    assert told(outcome) == others


@pytest.mark.parametrize("own", ["本机号码:N", "机主号码：N", "办案民警电话:N", "客服电话:N"])
@pytest.mark.parametrize("place", PLACES)
def test_the_number_of_the_phone_beside_labelled_records(load, own, place):
    outcome = load("a.txt", form(own, "联系人|某V\n号码|N", "colon.txt", place, 4, 1))
    assert sorted(outcome.numbers) == people(4)
    assert told(outcome) >= 1


def test_a_column_that_the_operator_names_is_read_whatever_the_lines_above(load):
    text = form("接报民警|赵刚\n号码|N", "联系人|某V\n号码|N", "colon.txt", "foot", 6, 1)
    assert "86" + mobile("other") not in load("a.txt", text).numbers
    assert "86" + mobile("other") in load("a.txt", text, phone="号码").numbers


def test_a_form_in_a_workbook_page(load):
    rows = form("办案人|赵刚\n电话|N", "姓名|受害V\n电话|N", "a.csv", "foot", 4, 0).split()
    cells = "".join(f"<tr><td>{row.replace(',', '</td><td>')}</td></tr>" for row in rows)
    outcome = load("a.html", f"<table>{cells}</table>")
    assert sorted(outcome.numbers) == people(4)
    assert told(outcome) == 1


def test_a_long_form_is_read_split_by_split(tmp_path):
    """Also where its text is longer than the splits, and the layout is chosen again among them."""
    records = [PEOPLE[0].replace("N", mobile(at)) for at in range(900)]
    for at in range(50, 900, 50):
        records[at:at] = [OTHERS[at // 50 % len(OTHERS)].replace("N", mobile(f"other {at}")), "电话|无"]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(records).replace("|", ",").encode())
    rows = assert_same(path, IntakeOptions(Kind.EXPOSURE), (100, 1000, 1 << 20))[0]
    assert sorted(row[0] for row in rows) == sorted(f"tel:+86{mobile(at)}".encode() for at in range(900))


BLOCKS = ["办案民警:", "【办案民警】", "值班民警：", "[经办人]", "办案人：", "【城关派出所】"]
BLOCKS_OF_THE_LIST = ["受害人:", "【受害人】", "受害人名单:", "报案人："]


@pytest.mark.parametrize("blank", [0, 1])
@pytest.mark.parametrize("order", ["head", "middle", "foot"])
@pytest.mark.parametrize("title", BLOCKS_OF_THE_LIST)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_lines_under_the_title_of_officers(tmp_path, load, block, title, order, blank):
    ours = [[title, *(f"某人{at},{mobile(at)}" for at in part)] for part in (range(5), range(5, 9))]
    officers = [block, *(f"赵刚{at},{mobile(f'officer {at}')}" for at in range(3))]
    at = ["head", "middle", "foot"].index(order)
    parts = [*ours[:at], officers, *ours[at:]]
    text = ("\n" * (blank + 1)).join("\n".join(part) for part in parts) + "\n"
    outcome = load("a.txt", text)
    assert sorted(outcome.numbers) == people(9)
    assert told(outcome) == 3
    path = tmp_path / "b.txt"
    path.write_text(text, encoding="gb18030")
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (1, 40, 1 << 20))


@pytest.mark.parametrize("fill", ["", ",,"])
@pytest.mark.parametrize("line", ["制表人：", "填报人：", "审核:", "民警签字：", "客服:", "备注：", "【第二页】"])
def test_a_signature_under_each_page_of_a_list(load, line, fill):
    rows = [f"{at},某人,{mobile(at)}" for at in range(9)]
    outcome = load("a.csv", "\n".join(["序号,姓名,电话", *rows[:4], line + fill, *rows[4:], line + fill]) + "\n")
    assert sorted(outcome.numbers) == people(9)
