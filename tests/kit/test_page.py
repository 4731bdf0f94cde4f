"""The page's worker, as it is built, gives the answer of the kit's list in every case."""

import pytest

from tests.support.docs.documents import ROOT
from tests.support.kit import Lines, all_cases, run_case

PAGE = ROOT / "server" / "pilookup_server" / "page"


@pytest.fixture(scope="module")
def program():
    assert (PAGE / "worker.js").is_file(), "run: make page"
    lines = Lines("node", str(ROOT / "server" / "web" / "test" / "run_kit.mjs"), str(PAGE))
    yield lines
    lines.close()


@pytest.mark.parametrize("case", all_cases())
def test_case(kit, case, program):
    question = {"server": kit.url(case.name), "channel": case.channel, "trust": kit.trust(case.name).decode()}

    def ask(step, numbers):
        return program.ask(question | {"again": step > 1, "numbers": numbers})

    run_case(kit, case, "page", ask, batches=False)
