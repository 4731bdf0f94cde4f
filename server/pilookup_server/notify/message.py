"""The message that tells of a notice, signed as Standard Webhooks 1.0 says (HMAC-SHA-256)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from pilookup.protocol.encoding import encode_object, time_text
from pilookup_server.notices.notice import Notice

TYPE: Final = "release.served"


@dataclass(frozen=True, slots=True)
class Message:
    """A request's headers and body."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes

    @classmethod
    def of(cls, notice: Notice, origin: str, secret: bytes, now: int) -> "Message":
        """Make the message of a notice.

        Its id and body are the same whenever and however often it is sent, so that a receiver knows a repetition.

        Args:
            notice: The notice.
            origin: What the address of the manifest begins with; may be empty.
            secret: The target's secret.
            now: The POSIX time in seconds of this attempt.
        """
        body = encode_object(
            {
                "type": TYPE,
                "timestamp": time_text(datetime.fromtimestamp(notice.created, UTC)),
                "data": notice.told(origin),
            }
        )
        message_id = f"{notice.channel}-{notice.serial}"
        signature = Webhook(secret).sign(message_id, datetime.fromtimestamp(now, UTC), body.decode())
        headers = (
            ("content-type", "application/json"),
            ("webhook-id", message_id),
            ("webhook-timestamp", str(now)),
            ("webhook-signature", signature),
        )
        return cls(headers, body)
