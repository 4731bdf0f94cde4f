"""Notices: that a channel has a new release, and how the processes of a server tell each other."""
