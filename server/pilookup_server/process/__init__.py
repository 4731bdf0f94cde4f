"""Processes: start, supervise, answer."""
