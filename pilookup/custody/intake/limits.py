"""Limits of intake, all of them constants: none can be configured.

They bound memory and refuse archive bombs. Real seized files stay far below all of them, with one exception: a very
large workbook has to be saved as CSV first.
"""

HEAD_ROWS = 200
"""Non-blank rows that are examined to find the delimiter, the header and the columns."""

HEADER_ROWS = 20
"""The header is searched in this many non-blank rows from the top, since title rows may stand above it."""

BATCH_ROWS = 16_384
"""Most rows that are read at once from delimited text or Parquet."""

MAX_LINE_CHARS = 1 << 20
"""Characters in one line of a text file."""

LONG_LINE = f"is longer than {MAX_LINE_CHARS:,} characters: write one record on each line, or take this line out"
"""What an error says of a line beyond the limit."""

MAX_CELL_CHARS = 131_072
"""Characters in a cell of a text, or in a list of a Parquet file. It is the csv module's own limit, which is global."""

MAX_PHONE_CHARS = MAX_CELL_CHARS
"""Characters of a phone cell that are read. What stands behind them is rejected and counted."""

LONG_CELL = f"has a cell longer than {MAX_CELL_CHARS:,} characters: shorten it, or take this line out"
"""What an error says of a line with a cell beyond the limit."""

MAX_PARQUET_VALUE_CHARS = 2 << 20
"""Characters in one value of a Parquet file. A file with a longer one is refused; nothing is cut."""

LONG_VALUE = f"has a value longer than {MAX_PARQUET_VALUE_CHARS:,} characters: shorten it, or take this row out"
"""What an error says of a row with a value beyond the limit."""

MAX_VALUE_BYTES = 8 << 20
"""Bytes of a value that an SQLite database computes. It may be longer where the database itself is larger."""

MAX_COMPUTED_SECONDS = 60
"""Processor time for a database that computes columns. It has a second more for each MiB."""

MAX_CELL_NUMBERS = 10_000
"""Numbers in one cell; the others are rejected and counted."""

MAX_REJECT_CHARS = 4096
"""Characters of a rejected text in the rejects file."""

BLOCK_BYTES = 1 << 20
"""Bytes that every stream reads ahead."""

MAX_MEMBERS = 10_000
"""Members of an archive, with those of the archives in it. The copy of a phone has thousands of pictures."""

MAX_RATIO = 200
"""Unpacked bytes for each packed byte. Seized text packs about 20:1, sorted lists up to 100:1."""

RATIO_FREE_BYTES = 64 << 20
"""Unpacked bytes up to which the ratio is not checked: a small file that repeats one line does no harm."""

MAX_UNPACKED_BYTES = 256 << 30
"""Unpacked bytes of one archive, whatever its ratio."""

MAX_HELD_BYTES = 256 << 20
"""Bytes of a workbook, or of a Parquet file inside an archive: such a file is held in memory as it is."""

MAX_WORKBOOK_BYTES = 1 << 30
"""Unpacked bytes of all members of one XLSX workbook."""

MAX_SHEET_MEMORY = 4 << 30
"""Bytes of address space for the process that parses a workbook or a page, which holds a whole sheet in memory."""

MAX_SHEET_SECONDS = 900
"""Processor time for that process."""

MAX_SHEET_ROWS = 1 << 20
"""Number of the last row that a page or an XML spreadsheet may state. It is the last one of Excel."""

MAX_SHEET_COLUMNS = 16_384
"""Cells in a row of a page or an XML spreadsheet. It is the number of columns of Excel."""

MAX_PADDING = 10_000_000
"""Empty and repeated cells that a page, an XML spreadsheet or an ODS workbook may ask for by spans, numbers and counts.
As many more are allowed as it has bytes."""

MAX_PARQUET_BATCH_BYTES = 512 << 20
"""Bytes of the Arrow buffers of one batch of the chosen Parquet columns."""

MAX_LINES_BYTES = 16 << 20
"""Bytes of text that one such batch may be joined to, about 1 KiB a row. A batch with more is read row by row."""
