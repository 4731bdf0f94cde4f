"""Publish: from the vault to a signed release.

`publish` is the whole command, `epoch_release` builds one epoch, and `assemble` runs the tasks that make its files. The
tasks are `entry_task`, `bucket_task` and those of `filters`; `spill_file` stores what the first leaves for the others.
`division` decides how the work is divided, `labels` merges rows to labels, and `canaries` checks what was built.
"""
