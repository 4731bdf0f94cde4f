"""Files as they are seized: every number of a person is stored, nothing else is, and what is not read is told."""

from dataclasses import replace

import pytest

from tests.support.intake.cases import Case, Vault, all_cases, kinds, not_yet

_NOT_YET = pytest.mark.xfail(strict=True, raises=AssertionError, reason="in cases/not_yet.txt")


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    with Vault.at(tmp_path_factory.mktemp("cases") / "home") as vault:
        yield vault


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[_NOT_YET] if case.name in not_yet() else []) for case in all_cases()],
)
def test_case(vault, case):
    verdict = vault.judge(case)
    assert verdict.passed, f"{verdict.how}: {', '.join(verdict.faults)}"


def test_the_list_of_cases_that_fail_names_cases():
    assert not_yet() <= {case.name for case in all_cases()}


def test_each_case_is_of_one_kind():
    assert sorted(name for names in kinds().values() for name in names) == [case.name for case in all_cases()]


@pytest.fixture
def made(tmp_path):
    """Makes a case of one CSV file of a column of phone numbers."""

    def make(name, stored, expected, header="手机号", **keys):
        (tmp_path / "list.csv").write_text("\n".join([header, *stored]), encoding="utf-8")
        return Case(name, tmp_path, ["list.csv"], [f"+86{number}" for number in expected], {}, **keys)

    return make


def test_a_case_is_judged_by_what_is_stored(vault, made):
    three = ["13712906458", "17098213467", "19137420586"]
    read = vault.judge(made("judged 1", three, three))
    assert (read.how, read.passed) == ("read", True)
    lost = vault.judge(made("judged 2", three[:1], three))
    assert (lost.how, lost.faults) == ("silent", ["2 numbers missing"])
    added = vault.judge(made("judged 3", three, three[:2]))
    assert (added.how, added.faults) == ("stranger", ["1 numbers added"])
    told = vault.judge(made("judged 4", [*three, "1380013800"], [*three, "13800138000"]))
    assert (told.how, told.faults) == ("told", ["1 numbers missing"])
    assert vault.judge(made("judged 5", three, three, must_warn=True)).faults == ["no warning"]
    assert "not refused" in vault.judge(made("judged 6", three, three, refused=True)).faults


def test_a_refusal_is_judged_by_what_it_says(vault, made):
    case = made("judged 7", ["x", "y"], [], header="姓名", refused=True)
    assert vault.judge(case).how == "refused"
    assert vault.judge(case).passed
    assert vault.judge(replace(case, refused=False)).faults == ["refused without need"]
    assert "refused" in vault.judge(replace(case, numbers=["+8613712906458"])).faults
    assert vault.judge(replace(case, files=["none.csv"])).faults == ["the refusal names no remedy"]
