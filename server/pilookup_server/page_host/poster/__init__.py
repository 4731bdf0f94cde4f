"""Posters with the page's address."""
