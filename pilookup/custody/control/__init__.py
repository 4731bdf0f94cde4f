"""Control data: what the vault holds, what was loaded, which epochs and serials there are."""

from pilookup.custody.control.rows import Channel, Counts, Dataset, Epoch, Load
from pilookup.custody.control.store import Control

__all__ = ["Channel", "Control", "Counts", "Dataset", "Epoch", "Load"]
