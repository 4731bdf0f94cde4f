"""Backups of the custody half, and restoring one with the newest journal and release (docs/adr/0024).

`sealed_stream` is the format that a passphrase opens, `archive` the files in it, and `backup` and `restore` what the
commands do.
"""
