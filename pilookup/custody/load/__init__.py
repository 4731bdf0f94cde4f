"""Load: seized files into the vault."""
