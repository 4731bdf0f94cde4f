"""What the API of the police side takes as a passphrase."""

import os
from collections.abc import Callable

Passphrase = str | bytes | Callable[[], bytes]
"""A half's passphrase, or a function that asks for it, which is called once HOME is locked."""


def passphrase_bytes(passphrase: Passphrase) -> bytes:
    """The bytes of a passphrase. A text is encoded as the environment encodes it."""
    if callable(passphrase):
        return passphrase()
    return os.fsencode(passphrase) if isinstance(passphrase, str) else passphrase
