"""The filters of an epoch.

`schedule` decides which are kept and which are built, `tasks` builds them, `keys` is where the tasks get the keys from,
and `ascending_keys` divides and compares sorted keys.
"""
