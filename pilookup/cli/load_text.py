"""The outcome of a load as lines of text: notes, then the counts, then what needs to be looked at."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilookup.cli.console import counted
from pilookup.custody.load_report.notes import joined_notes

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome
    from pilookup.custody.intake.load_warning import LoadWarning


def outcome_lines(outcome: "LoadOutcome") -> Iterator[str]:
    """Yield the lines that `pilookup load` prints: files that were left out stand before the warnings."""
    total = outcome.total
    yield from joined_notes(total.notes)
    yield f"{outcome.dataset}: {counted(total.rows, 'row')}, {counted(total.accepted, 'number')} accepted"
    duplicates, rejected = counted(total.duplicates, "duplicate"), sum(total.rejected.values())
    yield f"  {total.distinct:,} distinct, {duplicates}, {rejected:,} rejected"
    for reason, count in sorted(total.rejected.items()):
        yield f"    {reason}: {count:,}"
    if outcome.dry_run:
        yield "  dry run: nothing was stored"
    if outcome.skipped:
        yield ""
        yield f"files left out: {len(outcome.skipped):,}"
        for reason in outcome.skipped:
            yield f"  {reason}"
    if total.warnings:
        yield ""
        yield f"warnings: {len(total.warnings):,}"
        for warning in total.warnings:
            yield ""
            yield from warning_lines(warning)


def warning_lines(warning: "LoadWarning") -> Iterator[str]:
    """Yield the lines of one warning: where it is, what it is and how many numbers it is about, and its text."""
    yield f"  {warning_place(warning)}"
    yield f"  {warning.code}: {warning.count:,}"
    yield f"  {warning.text}"


def warning_place(warning: "LoadWarning") -> str:
    """The location of a warning, with its column and the header of that."""
    column = "" if warning.column is None else f", column {warning.column}"
    return f"{warning.location}{column}" + (f" ({warning.header})" if warning.header else "")
