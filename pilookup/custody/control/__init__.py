"""The control database: datasets, loads, channels, epochs and serials.

`control_database` reads and changes it, `tables` has its rows as Python values, `schema` its tables in SQL, and
`engine` the connection. `migrate` brings an older database to the current tables by the revisions in `migrations`.
"""

from pilookup.custody.control.control_database import ControlDatabase
from pilookup.custody.control.making import cleared_text
from pilookup.custody.control.tables import Channel, Counts, Dataset, Epoch, Load

__all__ = ["Channel", "ControlDatabase", "Counts", "Dataset", "Epoch", "Load", "cleared_text"]
