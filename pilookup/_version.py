"""The version of both distributions. `make version V=x` sets it here and everywhere else it is written."""

__version__ = "0.1.0"
