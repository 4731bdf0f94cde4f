"""The checking side: checks numbers against a channel and trusts neither the evaluator nor the host of the buckets."""
