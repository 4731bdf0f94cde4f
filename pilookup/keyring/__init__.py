"""The key files of one half of HOME, encrypted under a master key, which is encrypted under a passphrase."""

from pilookup.keyring.keyring import Keyring
from pilookup.keyring.master_key import Half

__all__ = ["Half", "Keyring"]
