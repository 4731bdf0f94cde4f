"""The commands that this distribution adds to `pilookup`, one per module."""
