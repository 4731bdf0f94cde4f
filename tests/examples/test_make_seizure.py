"""The synthetic seizure holds what its truth says. It is read here without pilookup's intake."""

import csv
import gzip
import importlib.util
import io
import json
import random
import re
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pilookup.identifier import Reason, canonicalise
from pilookup.identifier.lookalikes import id_check

SCALE = 0.01


@pytest.fixture(scope="module")
def maker():
    path = Path(__file__).parents[2] / "examples" / "make_seizure.py"
    spec = importlib.util.spec_from_file_location("make_seizure", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_seizure"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def seizure(maker, tmp_path_factory):
    out = tmp_path_factory.mktemp("seizure")
    maker.make(out, seed=7, scale=SCALE)
    return out


@pytest.fixture(scope="module")
def truth(seizure):
    lines = (seizure / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    people = [json.loads(line) for line in lines]
    assert len({person["identifier"] for person in people}) == len(people) > 6000
    return {person["identifier"]: person for person in people}


def account_rows(seizure):
    """Yield (phone cell, account) of both account files; columns are found by their titles."""
    sheet = CalamineWorkbook.from_path(seizure / "village-accounts" / "accounts.xlsx").get_sheet_by_index(0)
    rows = sheet.to_python()
    head = next(i for i, row in enumerate(rows) if "注册手机号" in row)
    phone, account = rows[head].index("注册手机号"), rows[head].index("账号")
    for row in rows[head + 1 :]:
        cell = row[phone]
        yield (f"{cell:.0f}" if isinstance(cell, float) else cell), row[account]
    with (seizure / "village-accounts" / "accounts_gb18030.csv").open(encoding="gb18030", newline="") as file:
        for row in csv.DictReader(file):
            yield row["手机号码"], row["用户账号"]


def record_rows(seizure):
    """Yield (phone cell, ID number or None) of the three files of records."""
    folder = seizure / "stolen-records"
    with (folder / "医保名单.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["联系电话"], row["身份证号"]
    with gzip.open(folder / "records_utf16.tsv.gz", "rt", encoding="utf-16", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield row["手机"], None
    with zipfile.ZipFile(folder / "more.zip") as archive:
        table = io.StringIO(archive.read("导出/table.csv").decode("gb18030"), newline="")
        for row in csv.DictReader(table, delimiter=";"):
            yield row["mobile"], row["id_card"]
        for line in archive.read("导出/numbers.txt").decode().split("\n"):
            yield line, None


def identifiers(cell):
    pieces = cell.split("/") if cell.count("/") else re.split("[、;]", cell)
    outcomes = [canonicalise(piece) for piece in pieces]
    return [outcome.decode() for outcome in outcomes if isinstance(outcome, bytes)]


def test_the_account_files_hold_the_truth_and_nothing_else(seizure, truth):
    found: dict[str, set[str]] = {}
    for cell, account in account_rows(seizure):
        for identifier in identifiers(cell):
            found.setdefault(identifier, set()).add(account)
    counts = {identifier: len(accounts) for identifier, accounts in found.items()}
    assert counts == {name: person["accounts"] for name, person in truth.items() if person["malicious"]}
    assert sum(counts.values()) == 1030


def test_the_record_files_hold_the_truth_and_nothing_else(seizure, truth):
    found = {identifier for cell, _ in record_rows(seizure) for identifier in identifiers(cell)}
    assert found == {name for name, person in truth.items() if person["exposed"]}


def test_one_row_in_fifty_is_rubbish(seizure):
    cells = [cell for cell, _ in record_rows(seizure)]
    assert 0.01 < sum(not identifiers(cell) for cell in cells) / len(cells) < 0.04


def test_some_villagers_are_in_both_datasets_and_all_shapes_occur(seizure, truth):
    assert any(person["exposed"] and person["malicious"] for person in truth.values())
    cells = " ".join(cell for cell, _ in record_rows(seizure))
    for shape in ("+86", "0086", "１", "手机:", "tel:", "\u200b", "E+10", "(0571)", "+852", "170", "、"):
        assert shape in cells


def test_identity_numbers_beside_the_phone_look_real_and_are_never_phones(seizure):
    numbers = [number for _, number in record_rows(seizure) if number]
    assert len(numbers) > 3000
    for number in numbers:
        assert id_check(number[:17]) == number[17].lower()
        assert canonicalise(number) == Reason.ID_CARD


def test_the_numbers_outside_are_in_no_file(seizure, truth):
    outside = (seizure / "outside.txt").read_text().split()
    assert len(set(outside)) == len(outside) == 1000
    assert all(canonicalise(number) == f"tel:{number}".encode() for number in outside)
    assert not {f"tel:{number}" for number in outside} & set(truth)


def test_every_spelling_leads_back_to_the_number(maker):
    source = random.Random(3)
    for _ in range(3000):
        number = maker.draw_number(source)
        assert canonicalise(maker.spell(source, number)) == f"tel:{number}".encode()


def test_no_rubbish_is_a_number(maker):
    source = random.Random(4)
    assert all(isinstance(canonicalise(maker.rubbish(source)), Reason) for _ in range(2000))


def test_the_workbook_holds_a_fixed_time(seizure):
    """Comparing two workbooks would not do: both could be made within one second."""
    with zipfile.ZipFile(seizure / "village-accounts" / "accounts.xlsx") as archive:
        core = archive.read("docProps/core.xml").decode()
    dates = re.findall(r"<dcterms:\w+[^>]*>([^<]+)<", core)
    assert [datetime.fromisoformat(date) for date in dates] == [datetime(2026, 1, 1, tzinfo=UTC)] * 2


def test_another_seed_gives_other_numbers(maker, seizure, tmp_path):
    maker.make(tmp_path, seed=8, scale=SCALE)
    assert (tmp_path / "truth.jsonl").read_bytes() != (seizure / "truth.jsonl").read_bytes()
