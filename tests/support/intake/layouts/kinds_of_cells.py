"""Layouts whose question is what a cell holds."""

from tests.support.intake.layouts import columns, numbers, words
from tests.support.intake.layouts.columns import Column, beside, mostly, phone
from tests.support.intake.layouts.model import BLANK, Cell, Layout, Sheet
from tests.support.intake.layouts.tables import body, header, table


def _around(rng, make, name=None):
    """A table with one column of such cells, and others beside it."""
    found = [phone(rng, name, make), *beside(rng)]
    rng.shuffle(found)
    return [Sheet(table(rng, found, rng.randint(5, 20)))]


def _some(rng, make):
    """Cells of one kind in all rows, or among plain ones."""
    return mostly(words.bare, make, rng.choice([0.05, 0.3, 0.7, 1.0]))


def words_beside_a_number(rng):
    return Layout("words_beside_a_number", _around(rng, _some(rng, words.number_with_words)))


def countries_in_words(rng):
    return Layout("countries_in_words", _around(rng, _some(rng, words.number_with_country)))


def messengers(rng):
    return Layout("messengers", _around(rng, _some(rng, words.identifier_of_messenger)))


def misread_digits(rng):
    return Layout("misread_digits", _around(rng, _some(rng, words.misread)))


def several_numbers(rng):
    return Layout("several_numbers", _around(rng, _some(rng, words.several)))


def several_people_in_a_cell(rng):
    return Layout("several_people_in_a_cell", _around(rng, _some(rng, words.several_people)))


def labelled_numbers(rng):
    return Layout("labelled_numbers", _around(rng, _some(rng, words.labelled)))


def hundreds_in_a_cell(rng):
    """Messages to hundreds of receivers."""
    found = [Column("接收号码", lambda rng: words.several(rng, 100, 400)), Column("内容", columns.text(words.remark))]
    return Layout("hundreds_in_a_cell", [Sheet(table(rng, found, rng.randint(2, 4)))])


def text_beside_a_column(rng):
    """A column of text in which numbers occur, beside a phone column: they are told."""
    text = Column(
        rng.choice(["内容", "备注", "短信内容", "买家留言"]),
        mostly(words.sentence, lambda rng: words.sentence(rng, False), 0.4),
    )
    found = [phone(rng, make=words.bare), text, *beside(rng)]
    return Layout("text_beside_a_column", [Sheet(table(rng, found, rng.randint(5, 20)))], want="told")


def text_wanted(rng):
    """The same, with the option that reads it."""
    layout = text_beside_a_column(rng)
    return Layout("text_wanted", layout.sheets, args={"scan_text": True})


def text_alone(rng):
    """A table of messages without a phone column."""
    found = [Column("时间", columns.PLAIN[9].make), Column("内容", words.sentence)]
    return Layout("text_alone", [Sheet(table(rng, found, rng.randint(5, 20)))], want="told")


def lines_of_names(rng):
    """A text file of a name and a number on each line, with one separator."""
    style = rng.choice(["{name} {number}", "{name}：{number}", "{name}:{number}", "{number} {name}", "{number}:{word}",
                        "姓名：{name} 电话：{number}", "{name}  {number}  {place}", "{number}----{word}", "{name}^{number}^{place}",
                        "{name}||{number}||{word}", "{name}\x01{number}\x01{word}", "{at}. {name} {number}", "{name}{number}"])  # fmt: skip
    rows = []
    for at in range(1, rng.randint(6, 25)):
        number = numbers.mobile(rng)
        given = {
            "name": words.name(rng),
            "number": number,
            "word": f"pw{numbers.digits(rng, 3)}",
            "place": "杭州",
            "at": at,
        }
        rows.append([Cell(style.format(**given), (numbers.e164(number),))])
    return Layout("lines_of_names", [Sheet(rows)], forms=("lines",), columns_known=False)


def fixed_width(rng):
    """A text in columns of fixed width."""
    rows = [[Cell(f"{'ID':<10}{'NAME':<12}{'MOBILE':<16}{'CITY':<6}")]]
    for at in range(rng.randint(6, 25)):
        number = numbers.mobile(rng)
        rows.append([Cell(f"{at:<10}{'name' + str(at):<12}{number:<16}{'HZ':<6}", (numbers.e164(number),))])
    return Layout("fixed_width", [Sheet(rows)], forms=("lines",), columns_known=False)


def area_column(rng):
    """An area code in a column of its own."""
    rest, with_zero = beside(rng, 1, 2), rng.random() < 0.7
    rows = [
        [
            Cell(rng.choice(["区号", "长途区号", "area code"])),
            Cell(rng.choice(["电话", "固定电话", "座机"])),
            *header(rest),
        ]
    ]
    for more in body(rng, rest, rng.randint(5, 20)):
        area, local = numbers.landline(rng)
        rows.append([Cell(area if with_zero else area[1:]), Cell(local, (numbers.e164(area + local),)), *more])
    return Layout("area_column", [Sheet(rows)], forms=("csv",))


def country_column(rng):
    """A country, or its calling code, in a column of its own."""
    rest = beside(rng, 1, 2)
    style = rng.choice(["+{code}", "{code}", "00{code}", "{name}"])
    rows = [[Cell(rng.choice(["国家代码", "国际区号", "country code", "国家/地区"])), Cell("手机号"), *header(rest)]]
    for more in body(rng, rest, rng.randint(6, 20)):
        code, there = ("86", numbers.mobile(rng)) if rng.random() < 0.4 else numbers.foreign(rng)
        name = {"86": "中国", "852": "香港", "853": "澳门", "886": "台湾"}[code]
        rows.append([Cell(style.format(code=code, name=name)), Cell(there, (f"+{code}{there}",)), *more])
    return Layout("country_column", [Sheet(rows)], forms=("csv",))


def foreign_codes(rng):
    """Numbers with the calling code of another place in front, without a plus."""

    def make(rng):
        code, there = numbers.foreign(rng)
        text = rng.choice(
            [f"{code}-{there}", f"({code}){there}", f"({code}) {there}", f"+{code} {there}", f"00{code}-{there}"]
        )
        return Cell(text, (f"+{code}{there}",))

    return Layout("foreign_codes", _around(rng, mostly(words.bare, make, rng.choice([0.2, 0.6]))))


def extensions(rng):
    """Landlines with an extension."""

    def make(rng):
        area, local = numbers.landline(rng)
        text = rng.choice(
            [
                f"{area}-{local}-801",
                f"{area}-{local}转801",
                f"{area}{local} ext 12",
                f"({area}){local}-8012",
                f"{area}-{local}#22",
            ]
        )
        return Cell(text, (numbers.e164(area + local),))

    return Layout("extensions", _around(rng, mostly(words.bare, make, 0.5)))


def blank_cells_with_marks(rng):
    """Cells of marks and spaces for nothing."""
    make = mostly(words.bare, lambda rng: Cell(rng.choice(["", " ", "　", "-", "--", "/", "无", "\u00a0", "——"])), 0.4)
    return Layout("blank_cells_with_marks", _around(rng, make))


def trailing_columns(rng):
    """Rows with empty cells behind the last column."""
    sheet = _around(rng, words.plain)[0]
    sheet.rows = [row + [BLANK] * rng.randint(0, 5) for row in sheet.rows]
    return Layout("trailing_columns", [sheet])


KINDS = (
    words_beside_a_number, countries_in_words, messengers, misread_digits, several_numbers, several_people_in_a_cell,
    labelled_numbers, hundreds_in_a_cell, text_beside_a_column, text_wanted, text_alone, lines_of_names, fixed_width, area_column,
    country_column, foreign_codes, extensions, blank_cells_with_marks, trailing_columns,
)  # fmt: skip
