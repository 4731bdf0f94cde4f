"""Chooses the layout of a table from its first rows: where its data start, and what each column is read as."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from pilookup.custody.intake.columns import given, headers, labelled
from pilookup.custody.intake.columns.block_titles import titles_officers, titles_others
from pilookup.custody.intake.columns.code_columns import code_columns
from pilookup.custody.intake.columns.column import Column, column_of
from pilookup.custody.intake.columns.contact_lines import are_kinds, without_contact_lines
from pilookup.custody.intake.columns.handlers import phones_of_handlers
from pilookup.custody.intake.columns.header_rows import (
    HeaderRows,
    Rows,
    find_header,
    is_header_row,
    number_columns,
)
from pilookup.custody.intake.columns.judge import (
    count_cells,
    has_digits_alone,
    has_eleven_digits,
)
from pilookup.custody.intake.columns.layout import Layout, RoleOfColumn, UnreadColumn, header_digest
from pilookup.custody.intake.columns.local_numbers import local_numbers
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.columns.moved_columns import rows_of_layout
from pilookup.custody.intake.columns.officers import is_of_officers, is_place_of_others, names_list, names_officers
from pilookup.custody.intake.columns.other_cells import other_cells_of
from pilookup.custody.intake.columns.phone_columns import (
    exposed_columns,
    registration_columns,
    set_owner,
    unread_beside,
)
from pilookup.custody.intake.columns.split_numbers import joined, split_numbers
from pilookup.custody.intake.columns.table_head import Head, TableHead
from pilookup.custody.intake.columns.unread_cells import is_number_alone, numbers_of_unread
from pilookup.custody.intake.columns.words_above import (
    cells_of,
    columns_of_another,
    columns_with_headers,
    label_of,
    words_above,
)
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole
from pilookup.protocol.label import Kind

_NEAR_ROWS: Final = 20
"""Rows by which it is decided whether the columns of the rows above go on."""


def choose_layout(
    table: TableHead, options: IntakeOptions, previous: Layout | None = None, *, goes_on: bool = False
) -> Layout:
    """Choose the layout of a table.

    Args:
        table: The table.
        options: The options of the load.
        previous: The layout of the rows above, or of the sheet before, whose header may still apply.
        goes_on: Whether these rows follow those of `previous` in the same sheet. Then its words still stand above the
            columns that a new header has no label for.

    Returns:
        The layout. It has no phone columns if the table has none.

    Raises:
        IntakeError: A column that the options name for accounts or dates is not in the table.
    """
    rows = table.head
    header = _header(table, options)
    form = None if table.names is not None or options.columns else labelled.labelled_layout(rows, options, header)
    if form is not None:
        return form
    if header is None and previous is not None and previous.header and _continues(rows, previous, options):
        header = HeaderRows(0, 0, previous.header, by_name=True)
        return _choose(table, options, header, previous.header_digests, previous)
    digests = tuple(header_digest(row) for row in rows[header.first : header.data]) if header else ()
    return _choose(table, options, header, digests, previous if header is None or goes_on else None)


def _header(table: TableHead, options: IntakeOptions) -> HeaderRows | None:
    if table.names is not None:
        return HeaderRows(0, 0, tuple(table.names), by_name=True)
    wanted = given.wanted_names(options, table)
    return find_header(table.head, options.region, wanted, other_cells_of(table.head, options.region))


def _continues(rows: Rows, previous: Layout, options: IntakeOptions) -> bool:
    """Whether rows without a header go on in the columns of the rows above: their phone columns hold numbers here."""
    width = max((len(row) for row in rows), default=0)
    if not previous.phones or width > previous.width:
        return False
    near = rows[:_NEAR_ROWS]
    cells = [
        count_cells(cells_of(near, phone.column), options.region, bare_landlines=True) for phone in previous.phones
    ]
    filled = [counts for counts in cells if counts.filled]
    return bool(filled) and all(counts.shows_phones or not counts.with_digits for counts in filled)


def _choose(
    table: TableHead,
    options: IntakeOptions,
    header: HeaderRows | None,
    digests: tuple[bytes, ...],
    previous: Layout | None,
) -> Layout:
    labels = header.labels if header else ()
    above = _above(table.head, header, options.region)
    of_officers = _is_of_officers(table, above, labels)
    start = header.data if header else 0
    if of_officers and not start:
        start = len(above)
    of_table = _rows_of_table(table.head[start:])
    rows = without_contact_lines(rows_of_layout(of_table, options.region))
    width = max([len(labels), *(len(row) for row in rows)], default=0)
    words = _without_lines_of_others(table, options.region)
    of_another = tuple(range(width))
    if not of_officers:
        below = table.head[start + len(of_table) :]
        former = _without_officers(previous, header, above)
        named = columns_of_another(words, labels, width, former, of_table, below, options.region)
        of_another = tuple(sorted({*named, *phones_of_handlers(labels, rows)}))
    columns, codes = _columns(words, labels, width, rows, previous, options)
    _mark(columns, rows, of_another)
    roles = _roles(labels) | _given_roles(table, labels, width, options)
    layout = Layout(
        start=start,
        phones=(),
        width=_usual_width(rows, len(labels)),
        header_width=_filled_width(labels),
        row_width=_usual_width(rows, 0),
        filled_width=_usual_width([row[: _filled_width(row)] for row in rows], 0),
        filled_cells=_usual_width([[cell for cell in row if cell.strip()] for row in rows], 0),
        account=roles.get(ColumnRole.ACCOUNT),
        date=roles.get(ColumnRole.DATE),
        codes=codes,
        blank=tuple(column.at for column in columns if not column.counts.filled),
        eleven_digits=tuple(column.at for column in columns if has_eleven_digits(column.cells)),
        kinds=tuple(column.at for column in columns if are_kinds(column.cells)),
        digits_alone=tuple(column.at for column in columns if has_digits_alone(column.cells, options.region)),
        scan_text=options.scan_text,
        header_digests=digests,
        header=tuple(labels) if header else None,
        is_named=header is not None and header.by_name,
        of_another=of_another,
        of_officers=of_officers,
        given=frozenset(given.found_names(table, labels, width, options)),
        passed_over=_passed_over(table.head, header, options.region),
    )
    is_first = bool(labels) or previous is None
    return _wide_enough(_with_phones(layout, columns, table, labels, width, options, is_first=is_first))


def _columns(
    words: TableHead, labels: Sequence[str], width: int, rows: Rows, previous: Layout | None, options: IntakeOptions
) -> tuple[list[Column], tuple[RoleOfColumn, ...]]:
    """The columns of a table, with what their neighbours say of them, and which of them hold codes."""
    above_of = partial(words_above, words, labels, previous=previous)
    columns = [column_of(at, label_of(labels, at), above_of(at), rows, options) for at in range(width)]
    _join(columns, labels, rows, options)
    codes = code_columns(columns, rows, options.region)
    if options.kind is Kind.EXPOSURE:
        set_owner(columns)
    return columns, codes


def _is_of_officers(table: TableHead, above: Rows, labels: Sequence[str]) -> bool:
    """Whether a table is a list of officers, by what stands above it, its header, or the name of its place."""
    if is_of_officers(above, labels) or is_place_of_others(table.location):
        return True
    return table.names is None and any(map(titles_officers, above[-1:]))


def _without_officers(previous: Layout | None, header: HeaderRows | None, above: Rows) -> Layout | None:
    """The layout of the rows above. A list of officers ends at a header or the title of the next table."""
    if previous is not None and previous.of_officers:
        has_title = any(titles_others(row) or names_list(row) for row in above[-1:])
        if has_title or (header is not None and header.data):
            return replace(previous, of_another=())
    return previous


def _join(columns: list[Column], labels: Sequence[str], rows: Rows, options: IntakeOptions) -> None:
    """Join the numbers that are split over several columns: they are those of the last one."""
    for last, before in split_numbers(labels, rows).items():
        whole = [[joined(row, last, before)] for row in rows if len(row) > last]
        column = column_of(0, labels[last], columns[last].above, whole, options)
        column.at, column.is_named = last, True
        column.phone = replace(column.phone, column=last, before=before)
        columns[last] = column
        for at in before:
            columns[at] = column_of(at, "", "", [], options)


def _mark(columns: Sequence[Column], rows: Rows, of_another: Sequence[int]) -> None:
    """Mark the columns with numbers of somebody else, and identifiers among which the header of another table is."""
    with_identifiers = [column.at for column in columns if column.counts.shows_identifiers]
    with_headers = columns_with_headers(rows, with_identifiers)
    for column in columns:
        column.is_of_another = column.at in of_another
        column.has_header = column.at in with_headers


def _wide_enough(layout: Layout) -> Layout:
    """The layout, as wide as the last column that it reads or more."""
    read = (*(phone.column for phone in layout.phones), layout.account, layout.date)
    last = max((at for at in read if at is not None), default=0)
    return replace(layout, width=max(layout.width, last + 1))


def _without_lines_of_others(table: TableHead, region: str) -> TableHead:
    """The table without the words of lines of somebody else above its first number: they say nothing of the columns."""
    others = other_cells_of(table.head, region)
    if not any(others):
        return table
    numbers = [number_columns(row, region) for row in table.head]
    first = next((at for at, found in enumerate(numbers) if found - others[at]), len(numbers))
    head = [[] if others[at] and at < first else row for at, row in enumerate(table.head)]
    return Head(table.location, table.sheet, table.names, head)


def _above(rows: Rows, header: HeaderRows | None, region: str) -> Rows:
    """The rows above the header, or above the first number. A title that was taken for a row of the header is one."""
    if header is not None and header.data:
        return [*rows[: header.first], *filter(names_officers, rows[header.first : header.data])]
    return rows[: next((at for at, row in enumerate(rows) if number_columns(row, region)), 0)]


def _rows_of_table(rows: Rows) -> Rows:
    """The rows up to the next header."""
    until = next((at for at, row in enumerate(rows) if at and is_header_row(row)), len(rows))
    return rows[:until]


def _usual_width(rows: Rows, labels: int) -> int:
    if labels:
        return labels
    widths: dict[int, int] = {}
    for row in rows:
        widths[len(row)] = widths.get(len(row), 0) + 1
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 0


def _filled_width(row: Sequence[str]) -> int:
    """The number of cells of a row up to the last one with content."""
    return max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0)


def _roles(labels: Sequence[str]) -> dict[ColumnRole, int]:
    """The account and date columns, by their headers."""
    roles: dict[ColumnRole, int] = {}
    for role, rank in ((ColumnRole.ACCOUNT, headers.account_rank), (ColumnRole.DATE, headers.date_rank)):
        ranked = [(order, at) for at, label in enumerate(labels) if (order := rank(label)) is not None]
        if ranked:
            roles[role] = min(ranked)[1]
    return roles


def _given_roles(table: TableHead, labels: Sequence[str], width: int, options: IntakeOptions) -> dict[ColumnRole, int]:
    """The account and date columns that the operator named."""
    named = {"account": ColumnRole.ACCOUNT, "date": ColumnRole.DATE}
    wanted = named.keys() & options.columns.keys()
    return {named[name]: given.column_for(name, table, labels, width, options) for name in sorted(wanted)}


def _with_phones(
    layout: Layout,
    columns: Sequence[Column],
    table: TableHead,
    labels: Sequence[str],
    width: int,
    options: IntakeOptions,
    *,
    is_first: bool,
) -> Layout:
    """The layout with its phone columns.

    Columns that the operator named are read if they hold numbers. Without any, they are read where no other column is,
    so that their cells are told as rejected, unless these rows only follow a table (`is_first`).
    """
    left_out = given.left_out(table, labels, width, options)
    named = [at for at in given.phone_columns(table, labels, width, options) if at < len(columns)]
    with_numbers = [at for at in named if columns[at].counts.numbers]
    if with_numbers:
        return _with_given(layout, columns, with_numbers, left_out)
    pool = [column for column in columns if column.at not in left_out and column.at not in layout.code_columns()]
    unread = [UnreadColumn(at, None) for at in sorted(left_out)]
    if options.kind is Kind.MALICIOUS:
        phones, more = registration_columns(pool)
    else:
        phones, more = exposed_columns(pool)
    if named and not phones and is_first:
        return _with_given(layout, columns, named, left_out)
    by = {column.at: ChosenBy.NAME if column.is_named and labels else ChosenBy.CONTENT for column in columns}
    return _finished(layout, phones, [*unread, *more], by, first_filled=options.kind is Kind.MALICIOUS)


def _with_given(layout: Layout, columns: Sequence[Column], named: Sequence[int], left_out: set[int]) -> Layout:
    """The layout with the phone columns that the operator named and so confirmed."""
    phones = [columns[at] for at in named]
    for column in phones:
        owner = None if column.phone.owner in named else column.phone.owner
        column.phone = replace(column.phone, warns_of_landlines=False, is_given=True, owner=owner)
    unread = unread_beside(columns, set(named), left_out)
    return _finished(layout, phones, unread, dict.fromkeys(named, ChosenBy.GIVEN), first_filled=False)


def _finished(
    layout: Layout,
    phones: Sequence[Column],
    unread: Sequence[UnreadColumn],
    by: dict[int, ChosenBy],
    *,
    first_filled: bool,
) -> Layout:
    """The layout with its phone columns, and with the roles that the report shows."""
    roles = [RoleOfColumn(column.at, ColumnRole.PHONE, by[column.at]) for column in phones]
    roles += [RoleOfColumn(column.column, ColumnRole.NONE, by.get(column.column, ChosenBy.GIVEN)) for column in unread]
    others = [
        RoleOfColumn(at, role, ChosenBy.NAME)
        for at, role in ((layout.account, ColumnRole.ACCOUNT), (layout.date, ColumnRole.DATE))
        if at is not None
    ]
    taken = {role.column for role in roles}
    roles += [role for role in (*others, *layout.codes) if role.column not in taken]
    return replace(
        layout,
        phones=tuple(column.phone for column in phones),
        first_filled=first_filled and len(phones) > 1,
        unread=tuple(unread),
        roles=tuple(sorted(roles, key=lambda role: role.column)),
    )


def _passed_over(rows: Rows, header: HeaderRows | None, region: str) -> int:
    """How many numbers are in the rows above the header, and in cells of the header that are a number as a whole.

    A row of data may be taken for a part of the header where the header of a table beside stands in it. A landline in a
    title that names an office is that of the office.
    """
    if header is None:
        return 0
    above = sum(
        len(mobiles_in(cell) if headers.names_office(cell) else numbers_of_unread(cell, region))
        for row in rows[: header.first]
        for cell in row
    )
    above += sum(len(local_numbers(row, region)) for row in rows[: header.first])
    return above + sum(is_number_alone(cell, region) for row in rows[header.first : header.data] for cell in row)
