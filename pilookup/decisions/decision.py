"""A decision, its reasons, and where to appeal against it."""

from dataclasses import dataclass
from typing import Any, NoReturn

from pilookup.decisions.action import Action, Scene
from pilookup.decisions.reasons import ReasonCode
from pilookup.decisions.text import Text


@dataclass(frozen=True, slots=True)
class DecisionReason:
    """One reason of a decision.

    Attributes:
        code: The reason, for programs.
        for_user: What to show to the user; it names no case, no count and no month.
        for_reviewer: What a reviewer of the platform needs to know.
    """

    code: ReasonCode
    for_user: Text
    for_reviewer: Text

    def to_json(self) -> dict[str, Any]:
        """The reason as a JSON object."""
        return {
            "code": str(self.code),
            "for_user": self.for_user.to_json(),
            "for_reviewer": self.for_reviewer.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Appeal:
    """Where a user can appeal.

    Attributes:
        who: Who decides on an appeal.
        how: How to reach them, in words.
        papers: What the user should have at hand.
    """

    who: Text
    how: Text
    papers: Text

    def to_json(self) -> dict[str, dict[str, str]]:
        """The appeal as a JSON object."""
        return {"who": self.who.to_json(), "how": self.how.to_json(), "papers": self.papers.to_json()}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an account in a scene. It does not hold the number. It has no truth value: look at `action`.

    Attributes:
        action: What to do.
        scene: Where was asked.
        reasons: Why; empty where nothing is known about the number.
        appeal: Where the user can appeal; None if the policy names nothing.
        person: Who answers for a block; None for any other action.
        failover: Whether the answer was unknown, so that the action is the one that the policy has for this case.
        to_recheck: Whether the number must be checked again later, because the answer was unknown.
        on_recheck_list: Whether a guard has put it on its recheck list.
    """

    action: Action
    scene: Scene
    reasons: tuple[DecisionReason, ...] = ()
    appeal: Appeal | None = None
    person: str | None = None
    failover: bool = False
    to_recheck: bool = False
    on_recheck_list: bool = False

    def to_json(self) -> dict[str, Any]:
        """The decision as a JSON object. Show a user only `for_user` of its reasons."""
        return {
            "action": str(self.action),
            "scene": str(self.scene),
            "reasons": [reason.to_json() for reason in self.reasons],
            "appeal": self.appeal.to_json() if self.appeal else None,
            "person": self.person,
            "failover": self.failover,
            "to_recheck": self.to_recheck,
            "on_recheck_list": self.on_recheck_list,
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a Decision is one of four actions: look at its action")
