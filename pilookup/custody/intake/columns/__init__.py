"""Columns: which of them hold phones, accounts and dates, and how a phone cell and a date cell are read.

`detect` chooses the columns, with `headers`. `find_numbers`, whose steps are in `cells`, reads phone cells; `months`
reads date cells; and `mobiles` finds mobiles in any text.
"""
