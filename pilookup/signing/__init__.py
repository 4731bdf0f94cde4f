"""Signers: who signs TUF metadata, wherever the key is.

`signer` is the interface and the keys that a keyring holds.
"""
