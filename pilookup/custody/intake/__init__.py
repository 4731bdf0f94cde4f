"""Intake: reads seized files of many formats and yields batches of canonical identifiers.

`read.read_file` reads a file row by row. `splits` divides a text into file splits, and `rows.split_reader` reads one
split. The packages `files`, `tables`, `columns` and `rows` are the stages from bytes to identifiers. `model` and
`report` are the input and output, and `limits` the limits. Only names that load neither pyarrow nor numpy are exported
here.
"""

from pilookup.custody.intake.files.source import display_name
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.report import Report

__all__ = ["Accepted", "IntakeOptions", "Report", "display_name"]
