"""A client takes a sandbox only if it was made for one, and then nothing else: pinned, remembered, and roots that follow."""

import asyncio
import warnings

import pytest

from pilookup import AsyncClient, Client, Reason, Status, TrustError
from tests.kit.case import good
from tests.kit.repository import EXPOSED_NUMBER, RootVersion
from tests.kit.server import Kit
from tests.support.kit import Served


def marked(value):
    return lambda signed: signed.update(sandbox=value)


def roots(*values):
    """Give the repository roots of which each has the member `sandbox` with a value, or none for None."""

    def apply(repository):
        edits = [{} if value is None else {"edit": marked(value)} for value in values]
        repository.roots[:] = [RootVersion(version, **edit) for version, edit in enumerate(edits, 1)]

    return apply


CASES = [
    good(name, name, "9.1", repository=roots(*values))
    for name, values in {
        "plain": [None],
        "marked": [True],
        "marked-false": [False],
        "plain-then-marked": [None, True],
        "marked-then-plain": [True, None],
        "marked-then-marked": [True, True],
    }.items()
]
TAKEN = {("plain", False), ("marked", True), ("marked-false", True), ("marked-then-marked", True)}
TAKEN_AT_FIRST = TAKEN | {("plain-then-marked", True), ("marked-then-plain", False)}
"""The first contact gives the newest root."""
PINNED = [(case.name, sandbox) for case in CASES for sandbox in (False, True)]


@pytest.fixture(scope="module")
def kit():
    with Kit(CASES) as running:
        yield Served(running)


def blocking(*arguments, **options):
    with Client(*arguments, **options) as client:
        return client.check(EXPOSED_NUMBER)


def asynchronous(*arguments, **options):
    async def run():
        async with AsyncClient(*arguments, **options) as client:
            return await client.check(EXPOSED_NUMBER)

    return asyncio.run(run())


@pytest.mark.parametrize("check", [blocking, asynchronous])
@pytest.mark.parametrize(("name", "sandbox"), PINNED)
def test_a_pinned_root_is_taken_only_by_its_own_kind_of_client(check, name, sandbox, kit, tmp_path):
    arguments = kit.url(name), "kit", kit.trust(name), tmp_path
    if (name, sandbox) in TAKEN:
        assert check(*arguments, sandbox=sandbox).status == Status.FOUND
    elif name.startswith("marked") == sandbox:  # the pinned root is right, the one that follows is not
        assert check(*arguments, sandbox=sandbox).reason is Reason.BAD_RESPONSE
        assert check(*arguments, sandbox=sandbox).reason is Reason.BAD_RESPONSE, "from the state"
    else:
        with pytest.raises(TrustError, match="sandbox") as caught:
            check(*arguments, sandbox=sandbox)
        assert caught.value.reason == "bad_response"


@pytest.mark.parametrize(("name", "sandbox"), PINNED)
def test_a_root_of_the_first_contact_is_remembered_only_by_its_own_kind_of_client(name, sandbox, kit, tmp_path):
    def ask(sandbox):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            return blocking(kit.url(name), "kit", None, tmp_path, sandbox=sandbox), seen

    result, seen = ask(sandbox)
    taken = (name, sandbox) in TAKEN_AT_FIRST
    assert (result.status == Status.FOUND) == taken
    assert bool(seen) == taken, "only a root that is trusted is announced"
    if taken:
        other, _ = ask(not sandbox)
        assert other.reason is Reason.BAD_RESPONSE
        assert "sandbox" in other.detail
