"""What is decided for every answer in every scene, and what no policy can make of it."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup import Case, FormatError, Reason, Result, Status
from pilookup.decisions import Action, Appeal, Policy, ReasonCode, Rule, Scene, Text
from pilookup.decisions.policy import DEFAULT_RULES
from pilookup.decisions.reasons import FOR_REVIEWER, FOR_USER
from pilookup.decisions.reissue import may_be_reissued
from pilookup.protocol.cases import Appeal as CatalogueAppeal
from pilookup.protocol.cases import CaseDetails, Texts
from pilookup.protocol.label import Kind

TODAY = date(2026, 11, 29)
APPEAL = Appeal(*(Text(f"{name} zh", f"{name} en") for name in ("who", "how", "papers")))
CASE = Case(7, Kind("malicious-registration"), "某村案", "Village case", date(2026, 3, 1))


def found(*, exposed=False, malicious=False, last_seen="2026-10"):
    return Result(Status.FOUND, exposed, malicious, 6 if malicious else 0, last_seen, cases=(CASE,), more=True)


RESULTS = st.one_of(
    st.just(Result.not_found()),
    st.builds(Result.unknown, st.sampled_from(Reason), detail=st.none() | st.just("the time is over")),
    st.builds(
        lambda exposed, malicious, seen: found(exposed=exposed, malicious=malicious, last_seen=seen),
        st.booleans(), st.booleans(), st.sampled_from([None, "2026-10", "2024-01", "2026-Q3", "2019-Q1"]),
    ),
)  # fmt: skip
SCENES = st.sampled_from(Scene)
SINCE = st.none() | st.dates(date(2015, 1, 1), date(2030, 1, 1))
RULES = st.dictionaries(
    SCENES,
    st.builds(Rule, exposed=st.just(Action.ALLOW), malicious=st.sampled_from(Action),
              unknown=st.sampled_from([Action.ALLOW, Action.CHALLENGE, Action.REVIEW]),
              not_a_number=st.sampled_from([Action.ALLOW, Action.CHALLENGE, Action.REVIEW])),
)  # fmt: skip
POLICIES = st.builds(Policy, RULES, st.just(APPEAL), st.just("Wang, anti-fraud office"))


@pytest.mark.parametrize("scene", Scene)
def test_the_defaults(scene):
    policy, careful = Policy(), scene in {Scene.RECOVERY, Scene.PAYOUT}
    mild = Action.CHALLENGE if careful else Action.ALLOW
    assert policy.decide(found(malicious=True), scene=scene, since=TODAY).action == "review"
    assert policy.decide(found(exposed=True), scene=scene, since=TODAY).action == mild
    assert policy.decide(Result.not_found(), scene=scene, since=TODAY).action == "allow"
    unknown = policy.decide(Result.unknown(Reason.UNREACHABLE), scene=scene, since=TODAY)
    assert (unknown.action, unknown.failover, unknown.to_recheck) == (mild, True, True)


@given(POLICIES, RESULTS, SCENES, SINCE)
def test_no_decision_goes_further_than_its_answer(policy, result, scene, since):
    decision = policy.decide(result, scene=scene, since=since)
    assert decision.ask_again == (result.reason is Reason.INVALID_NUMBER)
    assert decision.failover == (result.status is Status.UNKNOWN and not decision.ask_again)
    if not result.malicious:
        rule = policy.rules[scene]
        limit = rule.not_a_number if decision.ask_again else rule.unknown if decision.failover else Action.CHALLENGE
        assert decision.action.strength <= limit.strength
        assert decision.action is not Action.BLOCK
    if decision.action is Action.BLOCK:
        assert (decision.appeal, decision.person) == (APPEAL, "Wang, anti-fraud office")
    assert bool(decision.reasons) == bool(result.status is Status.UNKNOWN or result.exposed or result.malicious)
    assert decision.to_recheck == decision.failover


@given(POLICIES, SCENES, SINCE, st.sampled_from([None, "2026-10", "2024-01", "2026-Q3", "2019-Q1"]), st.booleans())
def test_a_reissued_number_is_challenged_and_never_let_through_for_that(policy, scene, since, seen, exposed):
    result = found(exposed=exposed, malicious=True, last_seen=seen)
    plain = policy.decide(result, scene=scene, since=None).action
    decision = policy.decide(result, scene=scene, since=since)
    if may_be_reissued(seen, since):
        assert ReasonCode.MAY_BE_REISSUED in [reason.code for reason in decision.reasons]
        expected = Action.CHALLENGE if plain.strength > Action.CHALLENGE.strength else plain
        assert decision.action is expected
    else:
        assert decision.action is plain


@pytest.mark.parametrize(
    ("seen", "last"),
    [("2025-07", date(2025, 7, 31)), ("2024-02", date(2024, 2, 29)), ("2025-Q3", date(2025, 9, 30)),
     ("2025-Q4", date(2025, 12, 31)), ("2025-12", date(2025, 12, 31))],
)  # fmt: skip
def test_a_number_is_reissued_from_the_ninety_first_day_on(seen, last):
    assert not may_be_reissued(seen, last + timedelta(days=90))
    assert may_be_reissued(seen, last + timedelta(days=91))


@pytest.mark.parametrize("seen", [None, "", "2025", "2025-13", "2025-00", "2025-Q5", "2025-Q0", "x2025-01"])
def test_a_month_that_is_not_known_counts_as_recent(seen):
    assert not may_be_reissued(seen, date(2099, 1, 1))
    assert not may_be_reissued("2001-01", None)


@given(POLICIES, RESULTS, SCENES, SINCE)
def test_a_user_is_told_no_case_no_count_and_no_month(policy, result, scene, since):
    decision = policy.decide(result, scene=scene, since=since)
    shown = " ".join(text for reason in decision.reasons for text in reason.for_user.to_json().values())
    assert not set("0123456789{}") & set(shown)
    assert CASE.title_zh not in shown
    assert CASE.title_en not in shown
    for reason in decision.reasons:
        assert not set("{}") & set(reason.for_reviewer.zh + reason.for_reviewer.en)


def test_a_user_cannot_tell_why_an_answer_is_unknown():
    policy = Policy()
    shown = {
        reason.for_user
        for unknown in set(Reason) - {Reason.INVALID_NUMBER}
        for reason in policy.decide(Result.unknown(unknown), scene="signup", since=TODAY).reasons
    }
    assert len(shown) == 1


def test_a_reviewer_is_told_cases_count_and_month():
    (reason,) = Policy().decide(found(malicious=True), scene="signup", since=TODAY).reasons
    for text, words in ((reason.for_reviewer.zh, ["某村案等", "6", "2026-10"]),
                        (reason.for_reviewer.en, ["Village case; and more", "6", "2026-10"])):  # fmt: skip
        assert all(word in text for word in words)


def test_every_code_has_words():
    assert set(FOR_USER) == set(FOR_REVIEWER) == set(ReasonCode)


def test_the_file_in_the_package_has_every_default(tmp_path):
    path = files("pilookup.decisions") / "policy.toml"
    assert Policy.load(str(path)).rules == DEFAULT_RULES
    commented = path.read_text().replace("# [", "[").replace("# who", "who").replace("# how", "how")
    whole = tmp_path / "policy.toml"
    whole.write_text(commented.replace("# papers", "papers").replace("# person", "person"))
    loaded = Policy.load(whole)
    assert (loaded.person, loaded.appeal.how.en) == ("name and office", "In the app: Me > Help > Appeal")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[scenes.signup]\nexposed = 'challenge'", "scenes.signup.exposed: challenge: at most allow"),
        ("[scenes.login]\nexposed = 'review'", "scenes.login.exposed: review: at most allow"),
        ("[scenes.payout]\nexposed = 'review'", "scenes.payout.exposed: review: at most challenge"),
        ("[scenes.login]\nunknown = 'block'", "scenes.login.unknown: block: at most review"),
        ("[scenes.login]\nnot_a_number = 'block'", "scenes.login.not_a_number: block: at most review"),
        ("[scenes.signup]\nmalicious = 'block'", r"scenes.signup.malicious: block: needs \[block\] person"),
        ("[scenes.signup]\nmalicious = 'block'\n[block]\nperson = 'Li'", r"and \[appeal\]"),
        ("[scenes.sign_up]\n", "scenes: 'sign_up': unknown; there are signup, login, recovery, payout"),
        ("[scenes.signup]\nmalicous = 'review'", "scenes.signup.malicous: unknown; there are exposed, malicious"),
        ("[scenes.signup]\nmalicious = 'ban'", "scenes.signup.malicious: 'ban': unknown; there are allow"),
        ("[scenes.signup]\nmalicious = 1", "scenes.signup.malicious: 1: unknown"),
        ("[scenes.signup]\nmalicious = [[]]", "scenes.signup.malicious"),
        ("scenes = 3", "scenes: must be a table"),
        ("[[scenes]]", "scenes: must be a table"),
        ("[scenes]\nsignup = 'allow'", "scenes.signup: must be a table"),
        ("[appeal]\nwho = { zh = '甲', en = 'A' }", "appeal.how: must be a table"),
        ("[appeal]\nwho = { zh = '甲' }", "appeal.who.en: must be a text"),
        ("[appeal]\nwho = { zh = '甲', en = 'A', fr = 'A' }", "appeal.who.fr: unknown; there are zh, en"),
        ("[block]\nperson = '  '", "block.person: must be a text"),
        ('[block]\nperson = "a\\nb"', "block.person: must be a text"),
        ("block = true", "block: must be a table"),
        ("[blocks]", "blocks: unknown; there are scenes, appeal, block"),
        ("[scenes", "policy.toml: "),
        ("\x00", "policy.toml: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_policy_file_is_named(tmp_path, text, place):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(FormatError, match=place) as caught:
        Policy.load(path)
    assert str(path) in str(caught.value)


TOML_VALUES = st.recursive(
    st.sampled_from(["'allow'", "'block'", "1", "true", "''", "1979-05-27", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(["zh", "en", "exposed", "x"]), inner, max_size=2).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        )
    ),
    max_leaves=5,
)


@given(st.dictionaries(
    st.sampled_from(["scenes.signup.malicious", "scenes.signup", "scenes", "appeal.who", "appeal", "block.person", "y"]),
    TOML_VALUES, max_size=3,
) | st.binary(max_size=40))  # fmt: skip
def test_any_file_is_a_policy_or_a_format_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any-policy.toml"
    text = content if isinstance(content, bytes) else "\n".join(f"{k} = {v}" for k, v in content.items()).encode()
    path.write_bytes(text)
    with suppress(FormatError):
        Policy.load(path)


@pytest.mark.parametrize("scene", Scene)
def test_what_is_no_number_is_never_decided_like_a_number_without_an_answer(scene):
    """Otherwise whoever types no number would pass where a service that is down lets people pass."""
    asked = Policy().decide(Result.unknown(Reason.INVALID_NUMBER), scene=scene, since=TODAY)
    assert (asked.action, asked.ask_again, asked.failover, asked.to_recheck) == ("challenge", True, False, False)
    assert [str(reason.code) for reason in asked.reasons] == ["not_a_number"]
    own = Policy({scene: Rule(unknown=Action.ALLOW, not_a_number=Action.REVIEW)})
    assert own.decide(Result.unknown(Reason.INVALID_NUMBER), scene=scene, since=TODAY).action == "review"
    assert own.decide(Result.unknown(Reason.UNREACHABLE), scene=scene, since=TODAY).action == "allow"


TEXTS = st.none() | st.builds(Texts, st.just("某某"), st.just("Somebody"))
APPEALS = st.builds(CatalogueAppeal, TEXTS, TEXTS, TEXTS, st.none() | st.just("https://police.example/appeal"))
DETAILS = st.dictionaries(st.sampled_from([7, 8, 9]), st.builds(CaseDetails, appeal=APPEALS))


@given(POLICIES, RESULTS, SCENES, DETAILS)
def test_the_appeal_is_that_of_the_newest_case_that_has_one_and_otherwise_the_policys(policy, result, scene, details):
    cases = [Case(number, CASE.kind, CASE.title_zh, CASE.title_en, None) for number in (9, 8, 7)]
    if result.status is Status.FOUND:
        result = replace(result, cases=tuple(cases))
    decision = policy.decide(result, scene=scene, since=TODAY, details=details)
    known = [details[case.id].appeal for case in result.cases if case.id in details]
    first = next((appeal for appeal in known if appeal != CatalogueAppeal()), None)
    if result.status is Status.NOT_FOUND:
        assert decision.appeal is None
    elif first is None:
        assert decision.appeal == APPEAL
    else:
        body = decision.appeal.to_json()
        texts = {name: text._asdict() if (text := getattr(first, name)) else None for name in ("who", "how", "papers")}
        assert body == texts | {"url": first.url}


def test_a_decision_has_no_truth_value_and_becomes_json():
    decision = Policy(appeal=APPEAL).decide(found(exposed=True), scene="payout", since=TODAY)
    with pytest.raises(TypeError, match="four actions"):
        bool(decision)
    body = decision.to_json()
    assert (body["action"], body["scene"], body["failover"]) == ("challenge", "payout", False)
    assert body["appeal"]["who"] == {"zh": "who zh", "en": "who en"}
    assert [reason["code"] for reason in body["reasons"]] == ["exposed"]
