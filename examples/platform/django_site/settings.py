"""The settings that concern the check; add them to your own. `PILOOKUP_*` are read by `django_site.checks`."""

import os

from pilookup import Client

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "")
USE_TZ = True
LANGUAGE_CODE = "zh-hans"


def PILOOKUP_CLIENT() -> Client:  # noqa: N802 - settings are upper case
    """Make the client of this process; called once, on the first signup."""
    return Client(
        os.environ["PILOOKUP_URL"],
        channel="platform",
        trust=os.environ["PILOOKUP_TRUST"],
        token=os.environ["PILOOKUP_TOKEN"],
        state_dir=os.environ.get("PILOOKUP_STATE_DIR"),
    )


PILOOKUP_POLICY = os.environ.get("PILOOKUP_POLICY", "policy.toml")
PILOOKUP_DEADLINE = 0.8
"""Seconds that a signup waits for the answer."""
