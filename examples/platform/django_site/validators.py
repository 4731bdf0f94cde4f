"""Validators of a phone number. This one may run at any time: it does not ask anybody."""

from django.core.exceptions import ValidationError

from pilookup import canonicalise


def validate_number(value: str) -> None:
    """Raise ValidationError unless the text is exactly one phone number."""
    if not isinstance(canonicalise(value), bytes):
        raise ValidationError("请输入一个完整的手机号码。", code="not_a_number")
