"""Measurements of pilookup and its peers; see README.md beside this file."""
