"""Layouts of one table, whose question is which columns are read."""

from pilookup.protocol.label import Kind
from tests.support.intake.layouts import columns, numbers, words
from tests.support.intake.layouts.columns import Column, beside, half_filled, mostly, phone, phones
from tests.support.intake.layouts.model import Cell, Layout, Sheet
from tests.support.intake.layouts.tables import body, header, table


def _mixed(rng, *groups):
    """All columns of some groups, in random order."""
    found = [column for group in groups for column in group]
    rng.shuffle(found)
    return found


def _rows(rng, least=3, most=30):
    return rng.randint(least, most)


def one_phone_column(rng):
    """An ordinary table."""
    return Layout("one_phone_column", [Sheet(table(rng, _mixed(rng, [phone(rng)], beside(rng)), _rows(rng)))])


def several_named_columns(rng):
    """Several phone columns, each with a known name."""
    found = _mixed(rng, phones(rng, rng.randint(2, 4)), beside(rng))
    return Layout("several_named_columns", [Sheet(table(rng, found, _rows(rng)))])


def named_and_by_content(rng):
    """A phone column with a known name, and others that only their content shows."""
    more = [phone(rng, name, words.bare) for name in rng.sample(columns.NEUTRAL_HEADERS, rng.randint(1, 2))]
    return Layout(
        "named_and_by_content", [Sheet(table(rng, _mixed(rng, [phone(rng)], more, beside(rng)), _rows(rng, 5)))]
    )


def columns_by_content(rng):
    """Phone columns without a known name."""
    names = rng.sample(columns.NEUTRAL_HEADERS, rng.randint(1, 3))
    found = [phone(rng, name, rng.choice([words.bare, words.plain])) for name in names]
    return Layout("columns_by_content", [Sheet(table(rng, _mixed(rng, found, beside(rng)), _rows(rng, 5)))])


def without_header(rng):
    """No header at all."""
    found = [phone(rng, "", words.bare) for _ in range(rng.randint(1, 3))]
    return Layout("without_header", [Sheet(body(rng, _mixed(rng, found, beside(rng)), _rows(rng, 5)))])


def half_filled_columns(rng):
    """Phone columns of which one is full and others are filled in few rows."""
    names = rng.sample(columns.MORE_HEADERS, rng.randint(1, 3))
    more = [phone(rng, name, half_filled(words.bare, rng.uniform(0.2, 0.8))) for name in names]
    found = _mixed(rng, [phone(rng, make=words.bare)], more, beside(rng))
    return Layout("half_filled_columns", [Sheet(table(rng, found, _rows(rng, 8)))])


def half_filled_without_header(rng):
    """No header, and a phone column that is filled in few rows."""
    more = [phone(rng, "", half_filled(words.bare, rng.uniform(0.3, 0.8)))]
    found = _mixed(rng, [phone(rng, "", words.bare)], more, beside(rng))
    return Layout("half_filled_without_header", [Sheet(body(rng, found, _rows(rng, 8)))])


def masked_and_plain(rng):
    """A column of masked numbers, or of masked and plain ones, beside a plain column."""
    found, few = [words.bare(rng) for _ in range(_rows(rng, 6))], rng.choice([0.0, 0.5])
    shown = [cell if rng.random() < few else Cell(numbers.masked(cell.text)) for cell in found]
    one, two = rng.sample(("手机号", "mobile_mask", "联系电话", "收件信息", "mobile_raw_value", "电话"), 2)
    rest = beside(rng)
    rows = [[Cell(one), Cell(two), *header(rest)]]
    rows += [[a, b, *more] for a, b, more in zip(shown, found, body(rng, rest, len(found)), strict=True)]
    return Layout("masked_and_plain", [Sheet(rows)])


def owner_and_peer(rng):
    """A call log: the owner's number, which may be the suspect's, is told; the peer's is read."""
    always = numbers.mobile(rng)
    same = rng.random() < 0.5

    def owner(rng):
        return words.of_another(rng, always if same else None)

    peer = phone(rng, rng.choice(columns.PEER_HEADERS), words.bare)
    found = [Column(rng.choice(columns.OWNER_HEADERS), owner), peer]
    rng.shuffle(found)
    rest = [columns.PLAIN[9], Column("时长", columns.text(lambda rng: str(rng.randint(1, 900))))]
    return Layout("owner_and_peer", [Sheet(table(rng, found + rest, _rows(rng, 5)))])


def constant_column(rng):
    """A phone column in which one number fills nine in ten cells or more."""
    always = words.of_another(rng)
    constant = Column(rng.choice(["服务电话", "电话2", "联络", "手机", "所属"]), lambda _: always)
    found = _mixed(rng, [phone(rng, "联系电话", words.bare), constant], beside(rng))
    return Layout("constant_column", [Sheet(table(rng, found, _rows(rng, 25, 60)))])


def other_party(rng):
    """A column of phone numbers of somebody else, by its header."""

    others = [Column(name, words.of_another) for name in rng.sample(columns.OTHER_PARTY_HEADERS, rng.randint(1, 2))]
    found = _mixed(rng, [phone(rng, make=words.bare)], others, beside(rng))
    return Layout("other_party", [Sheet(table(rng, found, _rows(rng)))])


def fax(rng):
    """A fax column, which is nobody's phone."""

    def number(rng):
        area, local = numbers.landline(rng)
        return Cell(f"{area}-{local}")

    found = _mixed(rng, [phone(rng), Column(rng.choice(["传真", "传真号码", "Fax", "fax"]), number)], beside(rng))
    return Layout("fax", [Sheet(table(rng, found, _rows(rng)))])


def registered_accounts(rng):
    """Accounts: the number of the registration is read, others are told."""
    registered = rng.choice(["注册手机", "注册手机号", "注册号码"])

    others = [
        Column(name, words.of_another)
        for name in rng.sample(["绑定手机", "联系电话", "备用手机", "紧急联系人电话"], rng.randint(1, 2))
    ]
    accounts = Column("账号", columns.text(lambda rng: "wx_" + numbers.digits(rng, 5)))
    found = _mixed(rng, [phone(rng, registered, words.bare), accounts], others)
    return Layout("registered_accounts", [Sheet(table(rng, found, _rows(rng, 5)))], dataset=Kind.MALICIOUS)


def login_names(rng):
    """Accounts whose login name is the phone; the bound number is told."""

    login = phone(rng, "登录账号", words.bare)
    found = [login, Column("绑定手机", half_filled(words.of_another, 0.7)), Column("昵称", columns.text(words.name))]
    rng.shuffle(found)
    return Layout("login_names", [Sheet(table(rng, found, _rows(rng, 8)))], dataset=Kind.MALICIOUS)


def registered_column_half_filled(rng):
    """Accounts: where the number of the registration is missing, the bound number is read; else it is told."""
    rows = [[Cell("账号"), Cell("注册手机"), Cell("绑定手机")]]
    for at in range(_rows(rng, 8)):
        given = rng.random() < 0.6
        pair = [words.bare(rng), words.of_another(rng)] if given else [Cell(), words.bare(rng)]
        rows.append([Cell(f"u{at}"), *pair])
    return Layout("registered_column_half_filled", [Sheet(rows)], dataset=Kind.MALICIOUS)


def option_names_a_column(rng):
    """An option names the column: it is read, and the numbers of the others are told."""
    name, other = rng.sample(columns.PHONE_HEADERS[:8] + columns.NEUTRAL_HEADERS[:6], 2)
    found = _mixed(rng, [phone(rng, name, words.bare), Column(other, words.of_another)], beside(rng))
    return Layout("option_names_a_column", [Sheet(table(rng, found, _rows(rng)))], args={"columns": {"phone": name}})


def option_names_a_column_of_somebody_else(rng):
    """An option names the column of the officer: it is read."""
    name = rng.choice(columns.OTHER_PARTY_HEADERS)
    found = _mixed(rng, [phone(rng, name, words.bare)], beside(rng))
    args = {"columns": {"phone": name}}
    return Layout("option_names_a_column_of_somebody_else", [Sheet(table(rng, found, _rows(rng)))], args=args)


def option_names_a_column_elsewhere(rng):
    """An option names a column of one sheet: the other sheet is read as if no column had been named."""
    one, two = rng.sample(columns.PHONE_HEADERS[:8], 2)
    sheets = [
        Sheet(table(rng, _mixed(rng, [phone(rng, name, words.bare)], beside(rng)), _rows(rng)), sheet)
        for name, sheet in ((one, "甲表"), (two, "乙表"))
    ]
    args = {"columns": {"phone": one}}
    return Layout("option_names_a_column_elsewhere", sheets, forms=("xlsx",), args=args)


def households(rng):
    """One name for several rows, as merged cells leave it."""
    found = [phone(rng, make=words.bare), *beside(rng, 1, 2)]
    rows, merges = [[Cell("户主"), *header(found)]], []
    for _ in range(rng.randint(2, 6)):
        people = body(rng, found, rng.randint(1, 4))
        if len(people) > 1:
            merges.append((len(rows), 0, len(rows) + len(people) - 1, 0))
        rows += [[Cell("" if at else words.name(rng)), *row] for at, row in enumerate(people)]
    return Layout("households", [Sheet(rows, merges=merges)])


def rejected_kinds(rng):
    """A phone column with service numbers, short numbers, masks and words among the numbers."""
    strange = mostly(columns.service, columns.none_given, 0.5)
    found = _mixed(rng, [phone(rng, make=mostly(words.plain, strange, 0.4))], beside(rng))
    return Layout("rejected_kinds", [Sheet(table(rng, found, _rows(rng, 6)))])


def repeated_people(rng):
    """The same person in several rows, and the same number in two columns of a row."""
    rest = beside(rng)
    people = [words.bare(rng) for _ in range(4)]
    rows = [[Cell("手机号"), Cell("联系电话"), *header(rest)]]
    for more in body(rng, rest, _rows(rng, 5)):
        person = rng.choice(people)
        rows.append([person, rng.choice([person, words.bare(rng)]), *more])
    return Layout("repeated_people", [Sheet(rows)])


KINDS = (
    one_phone_column, several_named_columns, named_and_by_content, columns_by_content, without_header, half_filled_columns,
    half_filled_without_header, masked_and_plain, owner_and_peer, constant_column, other_party, fax, registered_accounts,
    login_names, registered_column_half_filled, option_names_a_column, option_names_a_column_of_somebody_else,
    option_names_a_column_elsewhere, households, rejected_kinds, repeated_people,
)  # fmt: skip
