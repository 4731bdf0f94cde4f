"""Limits on what one caller may use: elements and requests. `middleware.request_limits` limits a single request."""
