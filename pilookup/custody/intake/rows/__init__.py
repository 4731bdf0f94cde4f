"""Rows of cells into identifiers, accounts and months."""
