"""Columns: which of them hold phones, accounts and dates, and how a phone cell and a date cell are read.

`detect` chooses the columns, with `headers`. `phone_cells` and `months` read cells.
"""
