"""The checking side: checks numbers against a channel and trusts neither the evaluator nor the host of the buckets.

`client` has the two public clients, and `check` the procedure that both follow to a `result`. `trust` verifies the
signed metadata, and `state` keeps what a client remembers. `transport`, `retries` and `bucket_cache` fetch.
"""
