"""An input file: that it does not change, its format, its members, its encoding."""
