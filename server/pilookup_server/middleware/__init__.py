"""ASGI middleware, listed in `app.py`."""
