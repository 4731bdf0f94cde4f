"""Intake: messy seized files in, batches of canonical identifiers out."""

from pilookup.custody.intake.files.source import display_name
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.report import Report

__all__ = ["Accepted", "IntakeOptions", "Report", "display_name"]
