"""Outcomes of loads that have something of everything."""

from collections import Counter

from pilookup.custody.intake import Report
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole, ColumnUse
from pilookup.custody.load.outcome import LoadOutcome


def rich_outcome(
    *, dry_run=False, refused=False, text="Read them with --column phone=NAME, or give --not-column NAME."
):
    """An outcome of two files with columns, months, rejected numbers and every warning, each with this text."""
    first = Report(120_431, 118_900, 97_512, 21_388, Counter(letters=311, masked=1204, digits_lost=16))
    first.notes += [
        "村民名单.xlsx sheet 一组: phone column 2 by name",
        "村民名单.xlsx sheet 二组: phone column 2 by name",
    ]
    for sheet, table, column, header, role, by in (
        ("一组", 1, 2, "联系电话", ColumnRole.PHONE, ChosenBy.NAME),
        ("一组", 1, 5, "登记时间", ColumnRole.DATE, ChosenBy.NAME),
        ("一组", 1, 6, "承办人电话", ColumnRole.NONE, ChosenBy.NAME),
        ("二组", 1, 2, "联系电话", ColumnRole.PHONE, ChosenBy.NAME),
        ("二组", 2, 3, None, ColumnRole.PHONE, ChosenBy.CONTENT),
    ):
        first.columns.append(ColumnUse(f"村民名单.xlsx sheet {sheet}", table, column, header, role, by))
    first.by_column = {
        ("村民名单.xlsx sheet 一组", 1, 2): Counter(accepted=80_000, rejected=315),
        ("村民名单.xlsx sheet 二组", 1, 2): Counter(accepted=38_000, rejected=1216),
        ("村民名单.xlsx sheet 二组", 2, 3): Counter(accepted=900),
    }
    first.months = Counter(
        {0: 4000, **{24 * 12 + month: 9000 + 700 * month for month in range(1, 11)}, 25 * 12 + 3: 80}
    )
    for code in WarningCode:
        column = None if code in (WarningCode.HIDDEN_SHEET, WarningCode.MEMBER_SKIPPED) else 6
        header = "承办人电话" if column else None
        first.warn(code, "村民名单.xlsx sheet 一组", 1234, text, column=column, header=header)
    second = Report(10, 8, 8, 0, Counter(empty=2), notes=["list.csv: phone column 1 by content"])
    total = Report(distinct=97_520, duplicates=21_388)
    for report in (first, second):
        total.add(report)
    return LoadOutcome("village-2026", dry_run, total, [first, second], ["村民名单.xlsx", "list.csv"], refused)
