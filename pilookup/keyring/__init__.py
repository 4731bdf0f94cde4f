"""The key files of one half of HOME, encrypted under a master key, which is encrypted under a passphrase.

`keyring` is the interface, `key_file` and `master_key` are the two formats, and `key_ids` names the keys. `passphrase`
and `private_file` read passphrases and files.
"""

from pilookup.keyring.keyring import Keyring
from pilookup.keyring.master_key import Half

__all__ = ["Half", "Keyring"]
