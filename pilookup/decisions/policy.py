"""A policy: which action a platform takes in which scene for which answer.

Defaults and limits follow from what an answer is worth. A number in stolen data belongs to a victim, so it never
restricts anyone by itself. A number on which accounts were maliciously registered belongs to a victim as well, so the
strongest default is that a person looks at the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Self

from pilookup.checking.result import Reason, Result, Status
from pilookup.decisions.action import Action, Scene, mildest, strongest
from pilookup.decisions.decision import Appeal, Decision, DecisionReason
from pilookup.decisions.policy_file import Given, read_policy
from pilookup.decisions.reasons import FOR_REVIEWER, FOR_USER, ReasonCode
from pilookup.decisions.reissue import may_be_reissued
from pilookup.decisions.text import Text
from pilookup.protocol.cases import CaseDetails

_CODES: Final = {
    Reason.UNREACHABLE: ReasonCode.SERVICE_DOWN,
    Reason.SERVER_ERROR: ReasonCode.SERVICE_DOWN,
    Reason.RATE_LIMITED: ReasonCode.OVER_QUOTA,
    Reason.QUOTA_EXCEEDED: ReasonCode.OVER_QUOTA,
    Reason.UNAUTHORIZED: ReasonCode.MISCONFIGURED,
    Reason.NO_STATE: ReasonCode.MISCONFIGURED,
    Reason.NO_MIRROR: ReasonCode.MISCONFIGURED,
}
"""The code for each reason of an unknown answer, apart from INVALID_NUMBER; NOT_VERIFIED for all others."""

_ADVISED: Final = (Scene.RECOVERY, Scene.PAYOUT)
"""The scenes in which `exposed` may lead to a challenge."""

_NOT_KNOWN: Final = Text("不详", "not known")
_MORE: Final = Text("等", "and more")


@dataclass(frozen=True, slots=True)
class Rule:
    """The actions of one scene.

    Attributes:
        exposed: For a number in stolen personal data; ALLOW, or in recovery and payout CHALLENGE.
        malicious: For a number on which accounts were maliciously registered.
        unknown: For an answer that is unknown; any but BLOCK.
        not_a_number: For a text that is not exactly one phone number, so that nothing was asked; any but BLOCK.
    """

    exposed: Action = Action.ALLOW
    malicious: Action = Action.REVIEW
    unknown: Action = Action.ALLOW
    not_a_number: Action = Action.CHALLENGE


DEFAULT_RULES: Final[Mapping[Scene, Rule]] = {
    Scene.SIGNUP: Rule(),
    Scene.LOGIN: Rule(),
    Scene.RECOVERY: Rule(Action.CHALLENGE, Action.REVIEW, Action.CHALLENGE),
    Scene.PAYOUT: Rule(Action.CHALLENGE, Action.REVIEW, Action.CHALLENGE),
}
"""The rules of a policy that names none."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a platform does in each scene.

    Attributes:
        rules: The rule of each scene; a scene that is missing has that of DEFAULT_RULES.
        appeal: Where users can appeal; the catalogue's appeal of a case takes its place in a decision.
        person: Who answers for every block.

    Raises:
        ValueError: A rule goes further than an answer justifies; the text names it.
    """

    rules: Mapping[Scene, Rule] = field(default_factory=dict)
    appeal: Appeal | None = None
    person: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", {**DEFAULT_RULES, **self.rules})
        for scene, rule in self.rules.items():
            self._check(scene, rule)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a policy from a TOML file; `pilookup/decisions/policy.toml` has every setting with its default.

        Raises:
            FormatError: The file is no policy, or a rule goes further than an answer justifies. The text names the
                place in the file.
            OSError: The file cannot be read.
        """
        return read_policy(Path(path), cls._from_given)

    @classmethod
    def _from_given(cls, given: Given) -> Self:
        rules = {scene: _rule(scene, actions) for scene, actions in given.scenes.items()}
        return cls(rules, _policy_appeal(given.appeal) if given.appeal else None, given.person)

    def decide(
        self,
        result: Result,
        *,
        scene: Scene | str,
        since: date | None,
        details: Mapping[int, CaseDetails] | None = None,
    ) -> Decision:
        """Decide what to do for an answer.

        Args:
            result: The answer of a client for the number.
            scene: Where the platform asks.
            since: The day from which the platform knows that this person has the number: today at signup, afterwards
                the day on which the number was verified for the account. None if it is not known, and then the number
                counts as not reissued.
            details: What the catalogue says further about its cases, as `Client.case_details` returns it: the appeal of
                a found number's case comes from there. A guard fetches it.

        Raises:
            ValueError: There is no such scene.
        """
        scene = Scene(scene)
        if result.status is Status.UNKNOWN:
            assert result.reason is not None, "an unknown result has a reason"
            if result.reason is Reason.INVALID_NUMBER:
                reasons = (_reason(ReasonCode.NOT_A_NUMBER),)
                return Decision(self.rules[scene].not_a_number, scene, reasons, self.appeal, ask_again=True)
            code = _CODES.get(result.reason, ReasonCode.NOT_VERIFIED)
            return self.failover(code, scene=scene, detail=result.detail or str(result.reason))
        if result.status is Status.NOT_FOUND:
            return Decision(Action.ALLOW, scene)
        return self._found(result, scene, since, _appeal(result, details or {}) or self.appeal)

    def failover(self, code: ReasonCode, *, scene: Scene | str, detail: str = "") -> Decision:
        """Decide without an answer.

        Args:
            code: Why there is none.
            scene: Where the platform asks.
            detail: What happened, for the reviewer; never the number.

        Raises:
            ValueError: There is no such scene.
        """
        scene = Scene(scene)
        return Decision(
            self.rules[scene].unknown,
            scene,
            (_reason(code, detail=detail),),
            self.appeal,
            failover=True,
            to_recheck=True,
        )

    def _found(self, result: Result, scene: Scene, since: date | None, appeal: Appeal | None) -> Decision:
        rule, facts = self.rules[scene], _facts(result)
        actions, reasons = [Action.ALLOW], []
        if result.malicious:
            reasons.append(_reason(ReasonCode.MALICIOUS, **facts))
            if may_be_reissued(result.last_seen, since):
                actions.append(mildest(rule.malicious, Action.CHALLENGE))
                reasons.append(_reason(ReasonCode.MAY_BE_REISSUED, since=since))
            else:
                actions.append(rule.malicious)
        if result.exposed:
            actions.append(rule.exposed)
            reasons.append(_reason(ReasonCode.EXPOSED, **facts))
        action = strongest(*actions)
        person = self.person if action is Action.BLOCK else None
        return Decision(action, scene, tuple(reasons), appeal, person)

    def _check(self, scene: Scene, rule: Rule) -> None:
        """Raise ValueError if a rule goes further than an answer justifies."""
        most = Action.CHALLENGE if scene in _ADVISED else Action.ALLOW
        if rule.exposed.strength > most.strength:
            raise ValueError(
                f"scenes.{scene}.exposed: {rule.exposed}: at most {most}, since a number in stolen data is a victim's"
            )
        if rule.unknown is Action.BLOCK:
            raise ValueError(f"scenes.{scene}.unknown: block: at most review, since nothing is known about the number")
        if rule.not_a_number is Action.BLOCK:
            raise ValueError(f"scenes.{scene}.not_a_number: block: at most review, since there is nobody to block")
        if rule.malicious is Action.BLOCK and not (self.person and self.appeal):
            raise ValueError(f"scenes.{scene}.malicious: block: needs [block] person and [appeal]")


def _rule(scene: Scene, actions: Mapping[str, Action]) -> Rule:
    default = DEFAULT_RULES[scene]
    return Rule(
        actions.get("exposed", default.exposed),
        actions.get("malicious", default.malicious),
        actions.get("unknown", default.unknown),
        actions.get("not_a_number", default.not_a_number),
    )


def _policy_appeal(texts: Mapping[str, Text]) -> Appeal:
    return Appeal(texts["who"], texts["how"], texts["papers"])


def _appeal(result: Result, details: Mapping[int, CaseDetails]) -> Appeal | None:
    """The appeal of the newest case of a found number that has one in the catalogue."""
    found = (Appeal.of_case(details[case.id].appeal) for case in result.cases if case.id in details)
    return next((appeal for appeal in found if appeal is not None), None)


def _reason(code: ReasonCode, **values: object) -> DecisionReason:
    reviewer = FOR_REVIEWER[code]
    by_language = {language: _in_language(values, language) for language in ("zh", "en")}
    filled = Text(reviewer.zh.format(**by_language["zh"]), reviewer.en.format(**by_language["en"]))
    return DecisionReason(code, FOR_USER[code], filled)


def _in_language(values: Mapping[str, object], language: str) -> dict[str, object]:
    return {name: getattr(value, language) if isinstance(value, Text) else value for name, value in values.items()}


def _facts(result: Result) -> dict[str, object]:
    """What a reviewer is told of a found number, for the texts of reasons."""
    zh = "、".join(case.title_zh for case in result.cases) + (_MORE.zh if result.more else "")
    en = "; ".join([*(case.title_en for case in result.cases), *([_MORE.en] if result.more else [])])
    return {
        "accounts": result.accounts or _NOT_KNOWN,
        "last_seen": result.last_seen or _NOT_KNOWN,
        "cases": Text(zh or _NOT_KNOWN.zh, en or _NOT_KNOWN.en),
    }
