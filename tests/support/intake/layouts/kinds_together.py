"""Layouts that put the features of the other kinds together at random."""

from tests.support.intake.layouts import columns, words
from tests.support.intake.layouts.columns import Column, beside, half_filled, mostly, phone
from tests.support.intake.layouts.model import BLANK, Layout, Sheet
from tests.support.intake.layouts.tables import (
    blank,
    body,
    facts,
    grouped,
    header,
    moved,
    notes,
    padded,
    side_by_side,
    titles,
)

_CELLS = (
    words.plain, words.bare, words.bare, words.fixed_line, words.number_with_words, words.number_with_country, words.misread,
    words.identifier_of_messenger, words.several, words.several_people, words.labelled, columns.none_given,
)  # fmt: skip


def _phone(rng, name):
    """A phone column of cells of one or two kinds, full or not."""
    usual, seldom = rng.sample(_CELLS, 2)
    make = usual if rng.random() < 0.4 else mostly(usual, seldom, rng.uniform(0.05, 0.5))
    return phone(rng, name, half_filled(make, rng.uniform(0.3, 0.9)) if rng.random() < 0.3 else make)


def _columns(rng):
    found = [_phone(rng, name) for name in rng.sample(columns.PHONE_HEADERS + columns.MORE_HEADERS, rng.randint(1, 3))]
    if rng.random() < 0.2:
        found.append(Column(rng.choice(columns.OTHER_PARTY_HEADERS), words.of_another))
    if rng.random() < 0.2:
        found.append(Column("备注说明", mostly(words.sentence, lambda rng: words.sentence(rng, False), 0.5)))
    found += beside(rng, 1, 5)
    rng.shuffle(found)
    return found


def _header(rng, found):
    """One or two header rows of these columns, and the merged ranges."""
    if rng.random() < 0.7 or len(found) < 3:
        return [header(found)], []
    cut = rng.randint(1, len(found) - 1)
    return grouped(rng, [("", found[:cut]), ("信息", found[cut:])])


def _table(rng):
    """A table with titles, a header, blank rows, repeated headers and notes, and the merged ranges."""
    found = _columns(rng)
    rows = titles(rng, len(found)) if rng.random() < 0.3 else []
    rows += facts(rng, rng.randint(1, 12)) if rng.random() < 0.15 else []
    head, merges = _header(rng, found)
    merges = moved(merges, len(rows), 0)
    rows += head
    for row in body(rng, found, rng.randint(3, 25)):
        if rng.random() < 0.03:
            rows.append(blank(rng, len(found)))
        if len(head) == 1 and rng.random() < 0.03:
            rows += head
        rows.append(row)
    return rows + (notes(rng, len(found)) if rng.random() < 0.2 else []), merges


def everything(rng):
    """One to three tables under or beside one another."""
    rows, merges = _table(rng)
    for _ in range(rng.choice([0, 0, 1, 2])):
        more, inside = _table(rng)
        if rng.random() < 0.7:
            rows += [[BLANK]] * rng.randint(1, 2)
            merges += moved(inside, len(rows), 0)
            rows += more
        else:
            gap, width = rng.randint(1, 2), max(map(len, rows))
            merges += moved(inside, 0, width + gap)
            rows = side_by_side(rows, more, gap)
    if rng.random() < 0.1:
        down, right = rng.randint(0, 4), rng.randint(0, 3)
        width = max(map(len, rows))
        rows = [[]] * down + [[BLANK] * right + row for row in padded(rows, width)]
        merges = moved(merges, down, right)
    return Layout("everything", [Sheet(rows, merges=merges)], want="told")


KINDS = (everything,)
