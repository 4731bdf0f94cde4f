"""What a platform may do with an account, and where it asks."""

from enum import StrEnum


class Action(StrEnum):
    """What to do, from the mildest to the strongest. Each member equals its string."""

    ALLOW = "allow"
    """Go on. There may be advice for the user."""
    CHALLENGE = "challenge"
    """Ask for a further proof that this is the person, such as an identity document or a face check."""
    REVIEW = "review"
    """Let a person decide before the account can do harm."""
    BLOCK = "block"
    """Refuse. A policy allows it only with the name of the person who answers for it, and with an appeal."""

    @property
    def strength(self) -> int:
        """0 for the mildest."""
        return list(Action).index(self)


class Scene(StrEnum):
    """Where a platform asks. Each member equals its string."""

    SIGNUP = "signup"
    LOGIN = "login"
    RECOVERY = "recovery"
    PAYOUT = "payout"


def strongest(first: Action, *others: Action) -> Action:
    """The strongest of the given actions."""
    return max((first, *others), key=lambda action: action.strength)


def mildest(first: Action, *others: Action) -> Action:
    """The mildest of the given actions."""
    return min((first, *others), key=lambda action: action.strength)
