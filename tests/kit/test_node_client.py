"""The second client, written from SPEC.md for Node, gives the answer of the kit's list in every case."""

from pathlib import Path

import pytest

from tests.support.kit import Lines, all_cases, run_case

NODE = Path(__file__).parents[1] / "node"


@pytest.fixture(scope="module")
def program():
    assert (NODE / "node_modules" / "@noble" / "curves").is_dir(), "run: make test, or npm ci in tests/node"
    lines = Lines("node", str(NODE / "run_kit.mjs"))
    yield lines
    lines.close()


@pytest.mark.parametrize("case", all_cases())
def test_case(kit, case, program):
    question = {"server": kit.url(case.name), "channel": case.channel, "trust": kit.trust(case.name).decode()}
    kept = {}

    def ask(_, numbers):
        answer = program.ask(question | {"seen": kept, "numbers": numbers})
        kept.update(answer["seen"])
        return answer["answers"]

    run_case(kit, case, "node", ask)
