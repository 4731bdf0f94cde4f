"""The guard of this process, made from the settings."""

from functools import cache

from django.conf import settings

from pilookup.decisions import Guard, Policy


@cache
def guard() -> Guard:
    """Return the guard; made on first use, so that it is made after a server has forked its workers."""
    policy = Policy.load(settings.PILOOKUP_POLICY)
    return Guard(settings.PILOOKUP_CLIENT(), policy, deadline=settings.PILOOKUP_DEADLINE)
