"""Checks of published files that anyone can make: they need no secret, and neither numpy nor pyarrow.

`files` computes sizes and digests, `filter_file` reads a filter file, and `verify` verifies a channel's directory.
"""
