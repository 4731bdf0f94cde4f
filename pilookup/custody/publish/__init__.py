"""Publish: the vault into a signed release."""
