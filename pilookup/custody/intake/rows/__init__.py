"""Rows: from cells of text to identifiers, accounts and months."""
