"""Load: from seized files to the vault.

`load` is the whole command, `schedule` submits the splits of its files, and `streaming` reads files that need
unpacking. The tasks are `split_task` and `shard_task`; `sorted_file` and `staging` store what the first leaves for the
second.
"""
