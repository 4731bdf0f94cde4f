"""Which columns hold what, and how one cell of each kind is read."""
