"""Input files: from a path to the bytes and characters of its members.

`source` opens a file and detects a change, `formats` and `encoding` detect its format and encoding, `archive` reads its
members, and `file_split` defines a range of a text.
"""
