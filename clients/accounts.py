"""How people get in: by invitation only, so the public sign-up stays shut."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's account rules with the sign-up page closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
