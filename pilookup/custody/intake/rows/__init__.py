"""Rows: from cells of text to identifiers, accounts and months.

`normalise` does it cell by cell, and `split_reader` for a whole file split with the core. `packed` is the form of the
result that the core takes.
"""
