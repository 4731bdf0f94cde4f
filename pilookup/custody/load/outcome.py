"""What a load did."""

from dataclasses import dataclass, field
from typing import Any

from pilookup.custody.intake import Report


@dataclass
class LoadOutcome:
    """The report of each file of a command, in their order, and the report of all files together.

    Attributes:
        dataset: The id of the dataset.
        dry_run: Whether the command was to store nothing.
        total: The report of all files together.
        files: The report of each file.
        names: The name of each file, as `display_name` shows it.
        refused: Whether the load was strict and had warnings, so that nothing was stored.
        skipped: Why files were left out, a sentence for each.
    """

    dataset: str
    dry_run: bool
    total: Report
    files: list[Report] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    refused: bool = False
    skipped: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """The counts of all files together, as the audit log has them."""
        total = self.total
        return {
            "loaded": len(self.files),
            "skipped": len(self.skipped),
            "rows": total.rows,
            "accepted": total.accepted,
            "distinct": total.distinct,
            "duplicates": total.duplicates,
            "rejected": total.rejected.total(),
            "warnings": len(total.warnings),
        }

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup load --json` prints it."""
        each = [{"file": i, **report.to_json()} for i, report in enumerate(self.files, 1)]
        return {
            "dataset": self.dataset,
            "dry_run": self.dry_run,
            **self.total.to_json(),
            "files": each,
            "skipped": self.skipped,
        }
