"""Layouts whose question is whether a number is a phone number, and what a spreadsheet has done to it."""

from tests.support.intake.layouts import columns, numbers, words
from tests.support.intake.layouts.columns import BESIDE, Column, beside, mostly, phone
from tests.support.intake.layouts.model import Cell, Layout, Sheet
from tests.support.intake.layouts.tables import body, table


def all_look_alikes(rng):
    """A phone column among columns of numbers of every other kind."""
    found = [phone(rng, make=words.bare), *rng.sample(BESIDE, rng.randint(5, len(BESIDE)))]
    rng.shuffle(found)
    return Layout("all_look_alikes", [Sheet(table(rng, found, rng.randint(5, 20)))])


def look_alikes_without_header(rng):
    """The same without a header."""
    found = [phone(rng, "", words.bare), *rng.sample(BESIDE, rng.randint(3, 8))]
    rng.shuffle(found)
    return Layout("look_alikes_without_header", [Sheet(body(rng, found, rng.randint(8, 25)))])


def accounts_alone(rng):
    """A table with no phone at all: account and order numbers."""
    ids = [
        Column(
            rng.choice(["uid", "用户编号", "编号", "id"]),
            columns.text(rng.choice([columns.account_10, columns.order_11, columns.order_id])),
        )
    ]
    return Layout("accounts_alone", [Sheet(table(rng, [*ids, columns.PLAIN[1]], rng.randint(10, 40)))], want="told")


def foreign_list(rng):
    """Numbers of another country without its code, and without an option that names the country."""

    def make(rng):
        return Cell(rng.choice("23456789") + numbers.digits(rng, 2) + rng.choice("23456789") + numbers.digits(rng, 6))

    found = [Column(rng.choice(["phone", "number", "contact"]), make), columns.PLAIN[1]]
    return Layout("foreign_list", [Sheet(table(rng, found, rng.randint(10, 40)))], want="told")


def orders_of_eleven_digits(rng):
    """Order numbers of eleven digits, of which some look like mobiles, beside a phone column."""

    def order(rng):
        return Cell(numbers.mobile(rng) if rng.random() < 0.08 else columns.order_11(rng))

    found = [
        phone(rng, make=words.bare),
        Column(rng.choice(["单号", "运单号", "订单编号", "业务流水"]), order),
        *beside(rng, 1, 2),
    ]
    rng.shuffle(found)
    return Layout("orders_of_eleven_digits", [Sheet(table(rng, found, rng.randint(25, 40)))])


def landlines_without_zero(rng):
    """Landlines without the 0 of their area codes, in a column that says so."""

    def make(rng):
        area, local = numbers.landline(rng)
        return Cell(area[1:] + local, (numbers.e164(area + local),))

    name = rng.choice(["座机", "固话", "固定电话", "宅电", "landline"])
    found = [Column(name, make), *beside(rng)]
    rng.shuffle(found)
    return Layout("landlines_without_zero", [Sheet(table(rng, found, rng.randint(5, 20)))])


def landlines_with_and_without_zero(rng):
    """A column in which the first landline has its 0, and others have it or not."""
    seen = []

    def make(rng):
        area, local = numbers.landline(rng)
        with_zero = not seen or rng.random() < 0.5
        seen.append(area)
        return Cell((area if with_zero else area[1:]) + local, (numbers.e164(area + local),))

    found = [Column("联系电话", mostly(make, words.bare, 0.3)), *beside(rng)]
    return Layout("landlines_with_and_without_zero", [Sheet(table(rng, found, rng.randint(10, 25)))], may_warn=True)


def numeric_cells(rng):
    """Numbers in numeric cells, as a spreadsheet keeps them, or as text of a floating-point number."""

    def make(rng):
        number = numbers.mobile(rng)
        text = rng.choice(
            [number, f"{number}.0", f"{number}.00", f"{number[0]}.{number[1:]}E+10", f"{number[0]}.{number[1:]}e10"]
        )
        return Cell(text, (numbers.e164(number),), value=int(number))

    return Layout("numeric_cells", [Sheet(table(rng, [phone(rng, make=make), *beside(rng)], rng.randint(5, 20)))])


def digits_lost(rng):
    """Numbers that a spreadsheet has shortened: they are told."""

    def make(rng):
        number = numbers.mobile(rng)[:6] + "00000"
        return Cell(f"{number[0]}.{number[1:6]}E+10", (numbers.e164(number),))

    make = mostly(words.bare, make, rng.choice([0.1, 0.6]))
    return Layout(
        "digits_lost",
        [Sheet(table(rng, [phone(rng, make=make), *beside(rng)], rng.randint(5, 20)))],
        forms=("csv",),
        want="told",
    )


def written_for_spreadsheets(rng):
    """Numbers in a formula, with an apostrophe, or with a tab behind, so that a spreadsheet keeps them as text."""
    style = rng.choice(['="{}"', "'{}", "{}\t", '"{}"', "`{}", "{} ", "\u200e{}"])

    def make(rng):
        number = numbers.mobile(rng)
        return Cell(style.format(number), (numbers.e164(number),))

    return Layout(
        "written_for_spreadsheets",
        [Sheet(table(rng, [phone(rng, make=make), *beside(rng)], rng.randint(5, 20)))],
        forms=("csv",),
    )


def thousands_and_signs(rng):
    """Thousands separators and signs: taken where nothing is lost, else told."""

    def make(rng):
        number = numbers.mobile(rng)
        text = rng.choice([f"{int(number):,}", f"{int(number):,}.00", f"-{number}", f"{number}-"])
        return Cell(text, (numbers.e164(number),))

    make = mostly(words.bare, make, 0.4)
    return Layout(
        "thousands_and_signs",
        [Sheet(table(rng, [phone(rng, make=make), *beside(rng)], rng.randint(5, 20)))],
        want="told",
    )


def results_of_arithmetic(rng):
    """Numbers that a spreadsheet has calculated with: nobody's, or told."""

    def make(rng):
        number = numbers.mobile(rng)
        return Cell(rng.choice([f"{int(number) + rng.random():.4f}", f"{number}.5", "#VALUE!", "#REF!", "#N/A"]))

    make = mostly(words.bare, make, 0.3)
    return Layout(
        "results_of_arithmetic",
        [Sheet(table(rng, [phone(rng, make=make), *beside(rng)], rng.randint(5, 20)))],
        forms=("csv",),
    )


KINDS = (
    all_look_alikes, look_alikes_without_header, accounts_alone, foreign_list, orders_of_eleven_digits, landlines_without_zero,
    landlines_with_and_without_zero, numeric_cells, digits_lost, written_for_spreadsheets, thousands_and_signs,
    results_of_arithmetic,
)  # fmt: skip
