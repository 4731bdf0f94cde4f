"""Checks of published files that anyone can make: they need no secret, and neither numpy nor pyarrow.

`files` computes sizes and digests, `filter_file` reads a filter file, `verify` verifies a channel's directory, and
`channel_lock` is the lock that writers of a channel take.
"""
