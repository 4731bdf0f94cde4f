"""Intake: messy seized files in, batches of canonical identifiers out."""

from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.reading import read
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.source import shown

__all__ = ["Accepted", "IntakeOptions", "Report", "read", "shown"]
