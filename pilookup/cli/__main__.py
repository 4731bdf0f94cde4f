"""Runs the command line as `python -m pilookup.cli`."""

from pilookup.cli import main

main()
