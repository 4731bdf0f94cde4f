"""The two forms of a signup. Only the second one checks the number, and only after its code was right."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from possession import Codes

from django_site.checks import guard
from django_site.validators import validate_number
from pilookup.decisions import Action, Decision


class NumberForm(forms.Form):
    """Asks for the number. Whether it is valid depends on its form alone."""

    number = forms.CharField(max_length=40, validators=[validate_number])


class CodeForm(NumberForm):
    """Asks for the code. Once it was right, `decision` is what to do with the account."""

    code = forms.CharField(min_length=6, max_length=6)

    def __init__(self, *args: Any, codes: Codes, account: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._codes, self._account = codes, account
        self.decision: Decision | None = None

    def clean(self) -> dict[str, Any]:
        """Check the code, then the number; a block is an error of the form, in the words for the user."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        number = cleaned["number"]
        if not self._codes.prove(number, cleaned["code"]):
            raise ValidationError("验证码不正确。", code="wrong_code")
        today = datetime.now(UTC).date()
        self.decision = guard().decide(number, scene="signup", since=today, account=self._account)
        if self.decision.action is Action.BLOCK:
            raise ValidationError([reason.for_user.zh for reason in self.decision.reasons], code="refused")
        return cleaned
