"""A decision, its reasons, and where to appeal against it."""

from dataclasses import dataclass
from typing import Any, NoReturn, Self

from pilookup.decisions.action import Action, Scene
from pilookup.decisions.reasons import ReasonCode
from pilookup.decisions.text import Text
from pilookup.protocol.cases import Appeal as CatalogueAppeal


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
    """Where a user can appeal. What is not known is None; an appeal of a policy has `who`, `how` and `papers`.

    Attributes:
        who: Who decides on an appeal.
        how: How to reach them, in words.
        papers: What the user should have at hand.
        url: An https:// link, of an appeal from the catalogue.
    """

    who: Text | None = None
    how: Text | None = None
    papers: Text | None = None
    url: str | None = None

    @classmethod
    def of_case(cls, appeal: CatalogueAppeal) -> Self | None:
        """The appeal that the catalogue has for a case; None if it has none."""
        who, how, papers = (None if each is None else Text(*each) for each in (appeal.who, appeal.how, appeal.papers))
        return cls(who, how, papers, appeal.url) if who or how or papers or appeal.url else None

    def to_json(self) -> dict[str, dict[str, str] | str | None]:
        """The appeal as a JSON object."""
        texts = {"who": self.who, "how": self.how, "papers": self.papers}
        return {name: text.to_json() if text else None for name, text in texts.items()} | {"url": self.url}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an account in a scene. It does not hold the number. It has no truth value: look at `action`.

    Attributes:
        action: What to do.
        scene: Where was asked.
        reasons: Why; empty where nothing is known about the number.
        appeal: Where the user can appeal: what the catalogue has for the newest case that has an appeal, otherwise what
            the policy has; None if neither has one.
        person: Who answers for a block; None for any other action.
        failover: Whether the answer was unknown, so that the action is the one that the policy has for this case.
        to_recheck: Whether the number must be checked again later, because the answer was unknown.
        on_recheck_list: Whether a guard has put it on its recheck list.
        ask_again: Whether the text is not exactly one phone number, so that the user has to enter it again.
    """

    action: Action
    scene: Scene
    reasons: tuple[DecisionReason, ...] = ()
    appeal: Appeal | None = None
    person: str | None = None
    failover: bool = False
    to_recheck: bool = False
    on_recheck_list: bool = False
    ask_again: bool = False

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
            "ask_again": self.ask_again,
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a Decision is one of four actions: look at its action")
