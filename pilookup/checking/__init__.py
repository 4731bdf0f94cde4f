"""The asking side: check numbers against a channel, trusting neither evaluator nor bucket host."""
