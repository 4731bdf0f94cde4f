"""The vault: elements under the vault key with their accounts, counts and months, by dataset and load. No numbers.

`vault` reads and changes it, `schema` defines its rows, `partitions` says where they are, `columns` has the bytes of
their columns, `shard` is the format of its files, and `sealed_file` is the format of the intermediate files of a load
or publish.
"""

from pilookup.custody.vault.partitions import PARTITIONS
from pilookup.custody.vault.vault import Vault

__all__ = ["PARTITIONS", "Vault"]
