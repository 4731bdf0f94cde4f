"""The vault: elements under the vault key, with what is said about them, by dataset and load. No numbers."""

from pilookup.custody.vault.schema import PARTITIONS
from pilookup.custody.vault.vault import Vault

__all__ = ["PARTITIONS", "Vault"]
