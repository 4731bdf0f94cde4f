"""The server of `pilookup sandbox`: one process on 127.0.0.1, with faults on demand.

It serves only a HOME whose roots are marked as those of a sandbox. `pilookup serve` has no code of this package.
"""
