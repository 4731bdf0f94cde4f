"""Input files: their format, members and encoding, and the check that they do not change while they are read."""
