"""Signup with Django: settings, a validator, and two forms."""
