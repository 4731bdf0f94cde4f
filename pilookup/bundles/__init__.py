"""Bundles: what is carried between the custody machine and a serving machine, on a disc or through a one-way gate.

`header`, `pieces` and `contents` are the format, `write` and `read` write and read it, `release_items` lists the files
of a release, `take_up` takes a bundle of custody up on a serving machine, and `acknowledgement` is what goes back.
`journal` is the signed journal of erasures and withdrawals, and `records` is what each side remembers. Nothing here
needs a passphrase (docs/adr/0023 and 0024).
"""
