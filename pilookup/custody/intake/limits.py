"""Limits of intake: each is a constant here, none is a knob.

They bound memory and refuse bombs; a real seizure stays far below all of them, except that a very large
workbook has to be saved as CSV first.
"""

HEAD_ROWS = 200
"""Non-blank rows looked at to find delimiter, header and columns."""

HEADER_ROWS = 20
"""The header stands within this many non-blank rows from the top; title rows may stand above it."""

BATCH_ROWS = 16_384
"""Rows of one batch handed on."""

MAX_LINE_CHARS = 1 << 20
"""One line of a text file, in characters."""

MAX_CELL_CHARS = 131_072
"""One cell of a text or Parquet file, in characters: the csv module's own limit, which is global."""

MAX_PHONE_CHARS = 4096
"""A phone cell, in characters: room for 64 dressed numbers. A longer one is rejected, its text cut to this."""

MAX_CELL_NUMBERS = 64
"""Numbers in one cell; a cell with more is rejected whole."""

BLOCK_BYTES = 1 << 20
"""Read-ahead of every stream."""

MAX_MEMBERS = 1_000
"""Members of a ZIP archive."""

MAX_RATIO = 200
"""Unpacked bytes a packed byte. Seized text packs about twentyfold, sorted lists up to a hundredfold."""

RATIO_FREE_BYTES = 64 << 20
"""Below this many unpacked bytes the ratio is not looked at: a small file of one repeated line harms nobody."""

MAX_UNPACKED_BYTES = 256 << 30
"""Unpacked bytes of one archive, whatever its ratio."""

MAX_HELD_BYTES = 256 << 20
"""Bytes of a workbook file, or of a Parquet file inside an archive: these are held in memory as they are."""

MAX_WORKBOOK_BYTES = 1 << 30
"""All parts of one XLSX workbook, unpacked."""

MAX_SHEET_MEMORY = 4 << 30
"""Address space of the process that reads a workbook; a sheet sits in memory there."""

MAX_PARQUET_BATCH_BYTES = 512 << 20
"""Arrow buffers of one batch of the chosen Parquet columns."""

MAX_LINES_BYTES = 16 << 20
"""Text that such a batch is joined to, a kilobyte a row; a batch with more is read row by row."""
