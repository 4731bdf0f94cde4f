"""Names of persons that are keys, elements, columns or tables: no report text has them, and the rest is shown."""

import sqlite3

import pytest

NAMES = ("汪刚", "程霞洋")
PHONES = ("13912345678", "13912345679")


def texts(report) -> str:
    return repr((report.notes, report.columns, report.warnings, list(report.headers)))


FILES = {
    "keys.json": "{" + ",".join(f'"{n}":{{"电话":"{p}"}}' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "inner.json": "{" + ",".join(f'"户主.{n}":{{"电话":"{p}"}}' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "lists.json": "{" + ",".join(f'"{n}":[["{p}"],["1"]]' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "lines.json": "".join(f'{{"{n}":{{"电话":"{p}"}}}}\n' for n, p in zip(NAMES, PHONES, strict=True)),
    "a.xml": "<r><x>"
    + "".join(f"<{n}><电话>{p}</电话></{n}>" for n, p in zip(NAMES, PHONES, strict=True))
    + "</x><x/></r>",
    "two.xml": "<r>" + "".join(f"<{n}><电话>{p}</电话></{n}>" * 2 for n, p in zip(NAMES, PHONES, strict=True)) + "</r>",
    "a.sql": "".join(
        f"CREATE TABLE `{n}` (`电话` text);\nINSERT INTO `{n}` (`电话`) VALUES ('{p}');\n"
        for n, p in zip(NAMES, PHONES, strict=True)
    ),
    "columns.sql": "CREATE TABLE a (`汪刚_电话` text, `程霞洋_电话` text);\n"
    f"INSERT INTO a (`汪刚_电话`, `程霞洋_电话`) VALUES ('{PHONES[0]}', '{PHONES[1]}');\n",
    "a.csv": f"汪刚/电话,程霞洋/电话\n{PHONES[0]},{PHONES[1]}\n",
}


@pytest.mark.parametrize("name", FILES)
def test_no_report_text_has_the_name_of_a_person(load, name):
    outcome = load(name, FILES[name])
    assert {number[2:] for number in outcome.numbers} == set(PHONES)
    assert not [person for person in NAMES if person in texts(outcome.report)]


def test_the_rest_of_a_name_is_shown(load):
    report = load("keys.json", FILES["keys.json"]).report
    assert [column.header for column in report.columns] == ["….电话", "….电话"]
    assert [column.header for column in load("b.json", '[{"用户.电话":"13912345678"}]').report.columns] == ["用户.电话"]


def test_a_warning_gives_the_number_of_a_column_whose_name_is_not_shown_in_full(load):
    rows = ",".join(f'{{"电话":"1381234{at:04}","汪刚.客服电话":"1391234{at:04}"}}' for at in range(9))
    (warning,) = load("a.json", f"[{rows}]").report.warnings
    assert (warning.column, warning.header) == (2, "….客服电话")
    assert "--column phone=2 " in warning.text


def test_tables_of_persons_are_told_apart_by_their_numbers(tmp_path, load_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        for name, phone in zip(NAMES, PHONES, strict=True):
            connection.execute(f'CREATE TABLE "{name}" (phone)')
            connection.execute(f'INSERT INTO "{name}" VALUES ({phone})')
    report = load_path(tmp_path / "a.db").report
    assert [column.location for column in report.columns] == ["a.db table 1 …", "a.db table 2 …"]
    assert not [person for person in NAMES if person in texts(report)]
