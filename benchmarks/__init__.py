"""Measurements of pilookup and its peers; benchmarks/README.md describes them."""
