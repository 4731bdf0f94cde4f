"""The rules for new passphrases, and the generator of those that nobody has to choose.

A passphrase has 16 characters or more, and is not the one of the other half. The rules are those of `init` and of
`passphrase`; a half whose passphrase breaks them opens as before (docs/adr/0021).
"""

import secrets
from base64 import b32encode
from typing import Final

from pilookup.errors import KeyringError
from pilookup.keyring.master_key import Half

MIN_CHARACTERS: Final = 16
GENERATED_CHARACTERS: Final = 26
_RANDOM_BYTES: Final = 20
"""More than the 130 bits that 26 characters of base32 hold."""

OTHER_HALF: Final = {Half.CUSTODY: Half.ONLINE, Half.ONLINE: Half.CUSTODY}


def generate_passphrase() -> bytes:
    """A random passphrase: 26 characters of base32 (RFC 4648) in lower case, 130 bits."""
    return b32encode(secrets.token_bytes(_RANDOM_BYTES))[:GENERATED_CHARACTERS].lower()


def is_short(passphrase: bytes) -> bool:
    """Whether a passphrase has fewer than 16 characters, counted in UTF-8; a byte that is not UTF-8 counts as one."""
    return len(passphrase.decode("utf-8", "surrogateescape")) < MIN_CHARACTERS


def check_length(owner: Half | str, passphrase: bytes) -> None:
    """Raises KeyringError if a new passphrase is too short. The text does not repeat it.

    Args:
        owner: The half, or what else the passphrase is of, in words.
        passphrase: The passphrase.
    """
    if is_short(passphrase):
        named = f"the {owner} half" if isinstance(owner, Half) else owner
        raise KeyringError(
            f"the passphrase of {named} is too short; choose one of {MIN_CHARACTERS} characters or more, "
            "or have one generated"
        )


def refuse_shared(half: Half) -> KeyringError:
    """The error to raise if a new passphrase of a half is the one of the other half."""
    return KeyringError(
        f"the passphrase of the {half} half is the one of the {OTHER_HALF[half]} half; choose another, "
        "or have one generated"
    )


def check_passphrases(custody: bytes, online: bytes) -> None:
    """Check the passphrases of a new HOME; raises KeyringError, which names the half, the rule and the remedy."""
    check_length(Half.CUSTODY, custody)
    check_length(Half.ONLINE, online)
    if secrets.compare_digest(custody, online):
        raise refuse_shared(Half.ONLINE)
