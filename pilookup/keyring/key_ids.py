"""Key ids: the names of keys in the two halves of HOME."""

OFFLINE_ROLES = {"root": 3, "targets": 3, "snapshot": 1}
"""How many keys of each role custody makes."""


def role_key_ids(role: str, channel: str) -> list[str]:
    """The key ids of an offline role."""
    count = OFFLINE_ROLES[role]
    return [f"{role}-{channel}-{i}" for i in range(1, count + 1)] if count > 1 else [f"{role}-{channel}"]


def channel_key_id(channel: str, epoch: int) -> str:
    """The id of an epoch's channel key, in both halves."""
    return f"channel-{channel}-{epoch}"
