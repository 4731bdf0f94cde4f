"""What a label says, as the columns of a table."""

from typing import Any

from pilookup.protocol.label import Label, Profile, month_text


def label_columns(label: Label, profile: Profile) -> dict[str, Any]:
    """The columns of a hit.

    Args:
        label: The opened label.
        profile: The channel's profile, which says how exact the month is.
    """
    return {
        "exposed": label.exposed,
        "malicious": label.malicious,
        "accounts": label.accounts,
        "last_seen": month_text(label.month, profile),
        "cases": list(label.cases),
        "more": label.more,
    }
