"""Platforms: their keys, who a request is from, and what their quotas allow. No I/O."""
