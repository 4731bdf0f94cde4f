"""Recordings of the page's sentences: the script, and the check and packing of a file that was recorded from it."""
