"""ASGI middleware. `app` lists it in the order in which it is applied."""
