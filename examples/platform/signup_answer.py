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
        "next": "enter-number-again" if decision.ask_again else NEXT[decision.action],
        "reasons": [getattr(reason.for_user, language) for reason in decision.reasons],
    }
    if decision.appeal is not None and decision.action is not Action.ALLOW:
        appeal = decision.appeal
        texts = {"who": appeal.who, "how": appeal.how, "papers": appeal.papers}
        body["appeal"] = {name: getattr(text, language) for name, text in texts.items() if text is not None}
        if appeal.url is not None:
            body["appeal"]["url"] = appeal.url
    return body
