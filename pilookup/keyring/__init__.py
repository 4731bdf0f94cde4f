"""The key files of one half of HOME, encrypted under a master key, which is encrypted under a passphrase.

`keyring` is the interface, `key_file` and `master_key` are the two formats, `key_directory` is where the key files are,
and `key_ids` names the keys. `passphrase` and `private_file` read passphrases and files. `passphrase_rules` and
`weak_passphrase` say what is wrong with a passphrase, and `change` and `half_lock` replace it.
"""

from pilookup.keyring.keyring import Keyring
from pilookup.keyring.master_key import Half

__all__ = ["Half", "Keyring"]
