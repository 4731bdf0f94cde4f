"""The control database: datasets, loads, channels, epochs and serials."""

from pilookup.custody.control.control_database import ControlDatabase
from pilookup.custody.control.tables import Channel, Counts, Dataset, Epoch, Load

__all__ = ["Channel", "ControlDatabase", "Counts", "Dataset", "Epoch", "Load"]
