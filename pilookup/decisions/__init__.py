"""What a platform does with an answer: a policy decides for each scene, and a guard asks within bounds.

    from datetime import date
    from pilookup import Client
    from pilookup.decisions import Guard, Policy, Scene

    client = Client("https://pilookup.example.org", channel="platform", trust="trust-platform.json", token=token)
    guard = Guard(client, Policy.load("policy.toml"))
    decision = guard.decide(number, scene=Scene.SIGNUP, since=date.today(), account="u-17")

The number is checked after its holder has proved that it is theirs, by a code sent to it. Before that, nothing that is
shown may depend on the answer: otherwise anyone could learn from the form whether a number is listed.
"""

from pilookup.decisions.action import Action, Scene
from pilookup.decisions.decision import Appeal, Decision, DecisionReason
from pilookup.decisions.guard import AsyncGuard, Guard
from pilookup.decisions.policy import Policy, Rule
from pilookup.decisions.reasons import ReasonCode
from pilookup.decisions.recheck import work_off
from pilookup.decisions.recheck_list import RecheckEntry, RecheckError, RecheckList
from pilookup.decisions.text import Text

__all__ = [
    "Action",
    "Appeal",
    "AsyncGuard",
    "Decision",
    "DecisionReason",
    "Guard",
    "Policy",
    "ReasonCode",
    "RecheckEntry",
    "RecheckError",
    "RecheckList",
    "Rule",
    "Scene",
    "Text",
    "work_off",
]
