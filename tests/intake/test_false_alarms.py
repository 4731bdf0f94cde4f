"""No warning on ordinary tables, and no account, order, identity or bank number taken for a phone number.

The long run does the same with a million rows of each table, and prints how many numbers are taken, by kind.
"""

import importlib.util
import os
import random
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.cases import Vault
from tests.support.intake.layouts import columns, numbers
from tests.support.intake.layouts.columns import BESIDE

LONG_ROWS = int(os.environ.get("FALSE_ALARM_ROWS", "1000000"))


def _counting(rng):
    rng.account = getattr(rng, "account", 2_100_000_000) + 37
    return str(rng.account)


NOT_PHONES = {
    "accounts of ten digits, 1e9 to 4e9": columns.account_10,
    "accounts of ten digits": lambda rng: str(rng.randrange(1_000_000_000, 10_000_000_000)),
    "accounts of nine digits": lambda rng: str(rng.randrange(100_000_000, 1_000_000_000)),
    "accounts of eight digits": lambda rng: str(rng.randrange(10_000_000, 100_000_000)),
    "accounts that count up": _counting,
    "orders of eleven digits": lambda rng: str(rng.randrange(10**10, 10**11)),
    "orders of eleven digits from 2e10": columns.order_11,
    "orders of twelve digits": lambda rng: str(rng.randrange(10**11, 10**12)),
    "orders with a date": columns.order_id,
    "identity cards": columns.id_card,
    "bank cards": columns.bank_card,
    "IMEI": columns.imei,
    "IMSI": lambda rng: "46000" + numbers.digits(rng, 10),
    "timestamps in seconds": lambda rng: str(rng.randrange(1_577_836_800, 1_767_225_600)),
    "timestamps in milliseconds": lambda rng: str(rng.randrange(1_577_836_800_000, 1_767_225_600_000)),
    "amounts": lambda rng: f"{rng.randrange(10**10) / 100:.2f}",
    "numbers of things": lambda rng: "14" + numbers.digits(rng, 11),
}
"""Kinds of numbers that are no phone numbers, and what makes one."""
SPELLED = re.compile("1[3-9][0-9]{9}|86[0-9]{9,10}")
"""A mobile, or a number with the calling code 86."""
_NOT_YET = frozenset((Path(__file__).parent / "false_alarms_not_yet.txt").read_text().splitlines())


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    with Vault.at(tmp_path_factory.mktemp("alarms") / "home") as vault:
        yield vault


def _must_fail(*name):
    strict = pytest.mark.xfail(strict=True, raises=AssertionError, reason="in false_alarms_not_yet.txt")
    return [strict] if ": ".join(name) in _NOT_YET else []


def _slug(*name):
    return re.sub("[^a-z0-9]+", "-", " ".join(name).lower())[:64].strip("-")


def _codes(report):
    return [str(warning.code) for warning in report.warnings]


# --- warnings ---


@pytest.fixture(scope="module")
def make_seizure():
    path = Path(__file__).parents[2] / "examples" / "make_seizure.py"
    spec = importlib.util.spec_from_file_location("make_seizure", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_seizure"] = module
    spec.loader.exec_module(module)
    return module.make


DATASETS = [("village-accounts", Kind.MALICIOUS), ("stolen-records", Kind.EXPOSURE)]


@pytest.mark.parametrize("scale", [pytest.param(0.02, id="small"), pytest.param(1, id="full", marks=pytest.mark.long)])
def test_no_warning_on_the_demo(vault, make_seizure, tmp_path, scale):
    make_seizure(tmp_path, scale=scale)
    for folder, kind in DATASETS:
        report = vault.load(sorted((tmp_path / folder).iterdir()), f"{folder}-{int(scale)}", kind, {})
        assert report.accepted
        assert _codes(report) == []


def _write(path, header, makes, rows):
    """Write a CSV of these columns with random cells; an empty header is none."""
    rng = random.Random(f"{path.name} {header}")
    with path.open("w", encoding="utf-8") as out:
        if header:
            out.write(",".join(header) + "\n")
        for _ in range(rows):
            out.write(",".join(make(rng) for make in makes) + "\n")
    return path


def _text_of(column):
    """What makes the text of a cell of this column."""

    def make(rng):
        text = column.make(rng).text
        return f'"{text}"' if "," in text else text

    return make


ORDINARY = ("订单号", "身份证号", "银行卡号", "IMEI", "时间戳", "create_ts", "金额", "余额(元)", "单号", "QQ")
"""Headers of what stands beside a phone column in ordinary tables."""


@cache
def _ordinary_rows(rows):
    """Lines of a CSV: a phone number and numbers of every other kind."""
    rng = random.Random(rows)
    makes = [_text_of(column) for column in BESIDE if column.header in ORDINARY]
    return [",".join([numbers.mobile(rng), *(make(rng) for make in makes)]) for _ in range(rows)]


@pytest.mark.parametrize("header", ["手机号", "v2", ""], ids=["named", "neutral", "no header"])
@pytest.mark.parametrize("rows", [50_000, pytest.param(LONG_ROWS, marks=pytest.mark.long)], ids=["some", "many"])
def test_no_warning_on_a_table_with_numbers_of_every_kind(request, vault, tmp_path, header, rows):
    """Every phone number is read, no other, and nothing is warned of."""
    for mark in _must_fail("every kind", header or "no header"):
        request.applymarker(mark)
    lines = _ordinary_rows(rows)
    names = [header, *(column.header for column in BESIDE if column.header in ORDINARY)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join([",".join(names), *lines] if header else lines), encoding="utf-8")
    slug = f"every-kind-{len(header)}-{rows}"
    report = vault.load(path, slug, Kind.EXPOSURE, {})
    assert (report.accepted, _codes(report)) == (rows, [])
    assert vault.stored(slug) == vault.elements(f"tel:+86{line[:11]}".encode() for line in lines)


@pytest.mark.parametrize(("share", "codes"), [(0.005, []), (0.02, ["frequent_number"])], ids=["seldom", "frequent"])
def test_a_frequent_number_is_read_and_told(request, vault, tmp_path, share, codes):
    """One number in more than 1% of 10,000 rows."""
    for mark in _must_fail("frequent number", "told" if codes else "not told"):
        request.applymarker(mark)
    rng = random.Random(share)
    often = numbers.mobile(rng)
    cells = [often if rng.random() < share else numbers.mobile(rng) for _ in range(10_000)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["手机号", *cells]), encoding="utf-8")
    slug = f"frequent-{len(codes)}"
    report = vault.load(path, slug, Kind.EXPOSURE, {})
    assert _codes(report) == codes
    assert all(warning.count for warning in report.warnings)
    assert vault.stored(slug) == vault.elements(f"tel:+86{number}".encode() for number in cells)


@pytest.mark.parametrize("rows", [20, 60, 2000])
@pytest.mark.parametrize(("share", "codes"), [(0.4, []), (1.0, ["frequent_number"])], ids=["seldom", "in each row"])
def test_the_owner_of_a_phone_that_calls_and_is_called_is_told(vault, tmp_path, share, codes, rows):
    """The owner is in each row of a list of calls, in one column or the other; other people are in several rows."""
    rng = random.Random(rows)
    owner, often = numbers.mobile(rng), numbers.mobile(rng)
    lines = []
    for at in range(rows):
        pair = [owner if share == 1.0 else numbers.mobile(rng), often if rng.random() < 0.3 else numbers.mobile(rng)]
        lines.append(",".join(pair if at % 2 else pair[::-1]))
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(["主叫号码,被叫号码", *lines]), encoding="utf-8")
    report = vault.load(path, f"calls-{len(codes)}-{rows}", Kind.EXPOSURE, {})
    assert _codes(report) == codes


# --- numbers that are no phone numbers ---

PLACES = {
    "alone": lambda make: (["编号", "姓名"], [make, lambda rng: "甲"]),
    "without a header": lambda make: ([], [make, lambda rng: "甲"]),
    "beside phones": lambda make: (["手机号", "编号"], [numbers.mobile, make]),
    "beside phones without a header": lambda make: ([], [numbers.mobile, make]),
    "under a phone's header": lambda make: (["手机号", "姓名"], [make, lambda rng: "甲"]),
}
"""Where a column of such numbers stands: the headers and what makes the cells."""


def _taken(vault, folder, kind, place, rows):
    """How many numbers of a kind are taken for phone numbers, and how many of them are spelled as one."""
    header, makes = PLACES[place](NOT_PHONES[kind])
    path = _write(folder / "table.csv", header, makes, rows)
    lines = [line.split(",") for line in path.read_text().splitlines()[bool(header) :]]
    spelled = sum(bool(SPELLED.fullmatch(cell)) for line in lines for cell in line)
    phones = rows if place.startswith("beside") else 0
    try:
        accepted = vault.load(path, _slug(kind, place, str(rows)), Kind.EXPOSURE, {}).accepted
    except IntakeError:
        accepted = phones
    return accepted - phones, spelled - phones


@pytest.mark.parametrize(
    ("kind", "place"),
    [pytest.param(kind, place, marks=_must_fail(kind, place)) for kind in NOT_PHONES for place in PLACES],
)
def test_few_numbers_of_other_kinds_are_taken(vault, tmp_path, kind, place):
    """None is taken, except what is spelled as a mobile, or with the calling code 86, under a phone's header."""
    rows = 2000
    taken, spelled = _taken(vault, tmp_path, kind, place, rows)
    assert taken <= (spelled if place == "under a phone's header" else 0)


@pytest.mark.long
def test_a_million_numbers_of_each_kind(vault, tmp_path, capsys):
    """Prints how many are taken; of those beside phones a tenth is tried."""
    found = {}
    for kind in NOT_PHONES:
        for place in PLACES:
            rows = LONG_ROWS // 10 if place.startswith("beside") else LONG_ROWS
            found[kind, place] = _taken(vault, tmp_path, kind, place, rows)
    with capsys.disabled():
        print(f"\nof {LONG_ROWS:,} numbers taken: {', '.join(PLACES)}; in brackets those spelled as one")
        for kind in NOT_PHONES:
            cells = [f"{taken:,} ({spelled:,})" for taken, spelled in (found[kind, place] for place in PLACES)]
            print(f"{kind:36}", *(f"{cell:>20}" for cell in cells))
    for (kind, place), (taken, spelled) in found.items():
        assert taken <= (spelled if place == "under a phone's header" else 0) or f"{kind}: {place}" in _NOT_YET


def test_the_list_names_kinds():
    known = {f"{kind}: {place}" for kind in NOT_PHONES for place in PLACES}
    known |= {"frequent number: told", "frequent number: not told"}
    assert known | {f"every kind: {header}" for header in ("手机号", "v2", "no header")} >= _NOT_YET
