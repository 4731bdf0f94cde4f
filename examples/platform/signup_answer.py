"""What a signup form shows after the code: the words for the user, and nothing else of the decision."""

from typing import Any

from pilookup.decisions import Action, Decision

NEXT = {
    Action.ALLOW: "welcome",
    Action.CHALLENGE: "prove-identity",
    Action.REVIEW: "wait-for-review",
    Action.BLOCK: "refused",
}


def signup_answer(decision: Decision, language: str = "zh") -> dict[str, Any]:
    """Return the JSON body for the user. Give `decision.to_json()` to the reviewers only."""
    body: dict[str, Any] = {
        "next": NEXT[decision.action],
        "reasons": [getattr(reason.for_user, language) for reason in decision.reasons],
    }
    if decision.appeal is not None and decision.action is not Action.ALLOW:
        body["appeal"] = {name: text[language] for name, text in decision.appeal.to_json().items()}
    return body
