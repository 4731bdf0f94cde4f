"""Fake clients for an application's tests, and the synthetic numbers that they answer.

    from pilookup.testing import FakeClient, SyntheticNumber

    result = FakeClient().check(SyntheticNumber.MALICIOUS)

Nothing here uses the network, a trust file or a key. `pilookup sandbox` serves the same numbers over HTTP.

A fake client cannot work in production by mistake: it answers synthetic numbers and those that it was given answers
for, and raises `RealNumberError` for every other phone number.
"""

from pilookup.testing.answers import SlowResult
from pilookup.testing.fake_clients import FakeAsyncClient, FakeClient
from pilookup.testing.synthetic_numbers import CASES, SyntheticNumber, is_synthetic

__all__ = ["CASES", "FakeAsyncClient", "FakeClient", "SlowResult", "SyntheticNumber", "is_synthetic"]
