"""Input files: from a path to the bytes and characters of its members.

`source` opens a file and detects a change. `formats` and `detect` detect its format, `encoding` its encoding.
`members` opens archives: `archive` reads ZIP with `zip_directory` and `zip_aes`, `tar` reads tar, and
`libarchive_members` reads 7z and RAR in another process, which `parser_process` runs. `unpacked` reads compressed files
and has the limits on all that is unpacked. `file_split` defines a range of a text.
"""
