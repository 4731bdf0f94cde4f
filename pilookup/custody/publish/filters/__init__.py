"""The filters of an epoch.

`schedule` decides which are kept and which are built, `tasks` builds them, and `keys` is where the tasks get the keys
from.
"""
