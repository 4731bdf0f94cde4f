"""Property tests here are limited by the number of examples and not by time, so that they pass on a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("protocol", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("protocol")
