"""Area and calling codes in columns of their own: each belongs to the local number beside it, wherever the table stands."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

AREAS = ["010", "021", "0571", "0755", "023"]


def local(rng):
    """A local number with its area code."""
    return rng.choice(AREAS), f"6{rng.randrange(10**7):07}"


def e164(code, number):
    return f"{code.lstrip('+')}{number}" if code.lstrip("+")[:3] in ("852", "853") else f"86{code[1:]}{number}"


def landline(rng):
    code, number = local(rng)
    return [code, number], e164(code, number)


def hong_kong(rng):
    number = f"9{rng.choice('234')}{rng.randrange(10**6):06}"
    return [rng.choice(["852", "+852"]), number], e164("852", number)


def mobile(rng):
    number = f"13{rng.randrange(10**9):09}"
    return number, f"86{number}"


PAIRS = {"area": ("区号,电话", landline), "calling code": ("国家码,电话", hong_kong)}


def table(header, make, count, rng):
    """Lines of a table of persons with a code and a local number each, and the numbers."""
    lines, numbers = [f"户名,{header}"] if header is not None else [], []
    for at in range(count):
        cells, number = make(rng)
        lines.append(",".join([f"甲{at}", *cells]))
        numbers.append(number)
    return lines, numbers


def table_of_mobiles(count, rng):
    made = [mobile(rng) for _ in range(count)]
    return ["姓名,手机", *(f"乙,{cell}" for cell, _ in made)], [number for _, number in made]


@pytest.mark.parametrize("blank", [0, 1])
@pytest.mark.parametrize("order", ["above", "below"])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seed", range(3))
def test_a_table_of_local_numbers_stands_above_or_below_another(load, seed, pair, order, blank):
    rng = random.Random(seed)
    header, make = PAIRS[pair]
    (lines, numbers), (others, mobiles) = table(header, make, rng.randint(2, 6), rng), table_of_mobiles(4, rng)
    parts = [lines, others] if order == "above" else [others, lines]
    outcome = load("a.csv", "\n".join([*parts[0], *[""] * blank, *parts[1]]))
    assert sorted(outcome.numbers) == sorted(numbers + mobiles)


@pytest.mark.parametrize("count", range(2, 6))
def test_local_numbers_without_codes_above_another_table_are_rejected(load, count):
    rng = random.Random(count)
    others, mobiles = table_of_mobiles(4, rng)
    outcome = load("a.csv", "\n".join(["户名,电话", *(f"甲,{local(rng)[1]}" for _ in range(count)), *others]))
    assert sorted(outcome.numbers) == sorted(mobiles)
    assert outcome.report.rejected == {"no_area_code": count} or len(outcome.rejects) == count


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("above", [3, 5, 12])
def test_a_header_that_was_sorted_among_the_rows_hides_none_above_it(load, pair, above):
    rng = random.Random(above)
    header, make = PAIRS[pair]
    lines, numbers = table(header, make, 12, rng)
    outcome = load("a.csv", "\n".join([*lines[1 : above + 1], lines[0], *lines[above + 1 :]]))
    told = sum(warning.count for warning in outcome.report.warnings)
    assert set(outcome.numbers) <= set(numbers)
    assert len(outcome.numbers) + told >= len(numbers)


@pytest.mark.parametrize(
    "header",
    [
        "区号,宅电,单位区号,单位电话", "区号,电话,区号,电话", "家庭区号,家庭电话,单位区号,单位电话", "area code,home,area code,work",
        "area_code,tel1,area_code,tel2",
    ],
)  # fmt: skip
def test_each_of_several_code_columns_belongs_to_the_number_beside_it(load, header):
    rng = random.Random(header)
    made = [(landline(rng), landline(rng)) for _ in range(8)]
    lines = [f"户主,{header}", *(",".join(["甲", *one, *two]) for (one, _), (two, _) in made)]
    outcome = load("a.csv", "\n".join(lines))
    assert sorted(outcome.numbers) == sorted(number for pair in made for _, number in pair)


@pytest.mark.parametrize(
    "header",
    [
        "本人国家码,本人手机,紧急联系人国家码,紧急联系人手机", "手机区号,手机,备用区号,备用手机", "country_code,mobile,emergency_country_code,emergency_phone",
    ],
)  # fmt: skip
def test_each_of_several_countries_belongs_to_the_number_beside_it(load, header):
    rng = random.Random(header)
    made = [(hong_kong(rng), mobile(rng)) for _ in range(8)]
    lines = [f"姓名,{header}", *(",".join(["甲", *one, "86", cell]) for (one, _), (cell, _) in made)]
    outcome = load("a.csv", "\n".join(lines))
    assert sorted(outcome.numbers) == sorted([one for (_, one), _ in made] + [two for _, (_, two) in made])


@pytest.mark.parametrize(
    "header", ["name,mobile,area_code,landline", "name,mobile,区号,单电", "户主,手机,区号,家里", None]
)
def test_a_column_beside_its_area_codes_is_read_whatever_its_header(load, header):
    rng = random.Random(header)
    made = [(mobile(rng), landline(rng)) for _ in range(6)]
    rows = [",".join(["甲", cell, *cells]) for (cell, _), (cells, _) in made]
    outcome = load("a.csv", "\n".join([header, *rows] if header else rows))
    assert sorted(outcome.numbers) == sorted([one for (_, one), _ in made] + [two for _, (_, two) in made])


def test_area_codes_alone_are_read_without_a_header(load):
    rng = random.Random(1)
    lines, numbers = table(None, landline, 6, rng)
    assert sorted(load("a.csv", "\n".join(lines)).numbers) == sorted(numbers)


@pytest.mark.parametrize("under", ["固定电话,", "固定电话 ,"])
def test_area_codes_under_a_group_header_are_read(load, under):
    rng = random.Random(under)
    lines, numbers = table(None, landline, 5, rng)
    assert sorted(load("a.csv", "\n".join([f"户名,{under}", ",区号,号码", *lines])).numbers) == sorted(numbers)


@pytest.mark.parametrize("header", ["部门代码,编号", "网点,订单号", "机构号,流水号"])
def test_codes_and_identifiers_under_other_headers_are_no_numbers(load, header):
    rng = random.Random(header)
    made = [(mobile(rng), landline(rng)) for _ in range(20)]
    rows = [",".join([cell, *cells]) for (cell, _), (cells, _) in made]
    outcome = load("a.csv", "\n".join([f"手机,{header}", *rows]))
    assert sorted(outcome.numbers) == sorted(number for (_, number), _ in made)
    assert not outcome.report.warnings


@pytest.mark.parametrize("header", ["小区号", "校区号", "片区号", "社区号", "园区号", "街区号", "building area"])
def test_numbers_of_districts_are_no_codes(load, header):
    rng = random.Random(header)
    made = [landline(rng) for _ in range(12)]
    rows = [f"甲,{at % 3 + 1},{'-'.join(cells)}" for at, (cells, _) in enumerate(made)]
    outcome = load("a.csv", "\n".join([f"姓名,{header},联系电话", *rows]))
    assert sorted(outcome.numbers) == sorted(number for _, number in made)
    assert not outcome.rejects


@pytest.mark.parametrize("header", ["国籍", "国别", "Nationality"])
def test_a_nationality_says_nothing_of_a_mainland_mobile(load, header):
    rng = random.Random(header)
    made = [mobile(rng) for _ in range(12)]
    countries = ["美国", "加拿大", "越南", "中国", "韩国", "United States"]
    rows = [f"甲,{rng.choice(countries)},{cell}" for cell, _ in made]
    outcome = load("a.csv", "\n".join([f"姓名,{header},电话", *rows]))
    assert sorted(outcome.numbers) == sorted(number for _, number in made)
    assert not outcome.rejects


def test_a_nationality_says_where_other_numbers_are_from(load):
    outcome = load("a.csv", "姓名,国籍,电话\n甲,中国香港,91234567\n乙,香港,(852)61234567\n丙,美国,13800138000\n")
    assert sorted(outcome.numbers) == ["85261234567", "85291234567", "8613800138000"]


@pytest.mark.parametrize("size", [1, 40, 300])
@pytest.mark.parametrize("pair", PAIRS)
def test_splits_read_the_same_as_rows(tmp_path, pair, size):
    rng = random.Random(size)
    header, make = PAIRS[pair]
    (lines, _), (others, _) = table(header, make, 12, rng), table_of_mobiles(12, rng)
    for name, parts in (("a.csv", [*lines, *others]), ("b.csv", [*others, *lines])):
        path = tmp_path / name
        path.write_text("\n".join(parts), encoding="utf-8")
        assert_same(path, IntakeOptions(Kind.EXPOSURE), (size,))
