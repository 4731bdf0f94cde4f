"""The settings that concern the check; add them to your own. `django_site.checks` reads them."""

import os

from pilookup import Client

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "")
USE_TZ = True
LANGUAGE_CODE = "zh-hans"


def PILOOKUP_CLIENT() -> Client:  # noqa: N802 - settings are upper case
    """Make the client of this process; called once, on the first signup."""
    return Client(
        os.environ["CHECK_URL"],
        channel="platform",
        trust=os.environ["CHECK_TRUST"],
        token=os.environ["CHECK_TOKEN"],
        state_dir=os.environ.get("CHECK_STATE_DIR"),
    )


PILOOKUP_POLICY = os.environ.get("CHECK_POLICY", "policy.toml")
PILOOKUP_DEADLINE = 0.8
"""Seconds that a signup waits for the answer."""
