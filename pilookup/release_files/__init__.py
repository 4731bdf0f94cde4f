"""Checks of published files that anyone can make: they need no secret, and neither numpy nor pyarrow."""
