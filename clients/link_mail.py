"""Mails with a link that only the mail holds, handed over at most once: invitations, and charters to agree to.

The token is made between the claim and the mail, so no queue and no row ever has it. A worker that dies in between leaves the row
claimed; it is called uncertain later, and a person who sends it again sends a new link.
"""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.utils import timezone

from .models import MailedQuerySet, Sending
from .posting import REAP_AFTER, Fate, minutes_to_wait, post
from .tenancy import token_digest


@dataclass(frozen=True)
class LinkMail:
    """One kind of such mails. `opened` gives the scope in which its rows can be read and written."""

    rows: MailedQuerySet[Any]
    opened: Callable[[], AbstractContextManager[Any]]
    valid: timedelta
    """How long a link works after its mail was sent."""

    def deliver(self, row_id: int, write: Callable[[str], EmailMessage]) -> str:
        """Send one if it is ours to send; returns how its sending stands then, or "" when it was not ours.

        `write` gets the token and makes the mail, inside the scope.
        """
        token, now = secrets.token_urlsafe(32), timezone.now()
        with self.opened():
            if not self.rows.claim(row_id, token_digest(token), now, now + self.valid):
                return ""
        # The claim is committed: whatever kills us from here on leaves it claimed.
        try:
            with self.opened():
                mail = write(token)
        except Exception as fault:
            # Nothing was sent: a fault in the words must not look like a mail that may have arrived.
            return self._settle(row_id, Sending.FAILED, f"The mail could not be written ({type(fault).__name__}).")
        posted = post(mail)
        match posted.fate:
            case Fate.SENT:
                return self._settle(row_id, Sending.SENT, sent_at=timezone.now())
            case Fate.LATER:
                return self._retry(row_id, posted.why)
            case Fate.REFUSED:
                return self._settle(row_id, Sending.FAILED, posted.why)
            case Fate.UNCERTAIN:
                return self._settle(row_id, Sending.UNCERTAIN, posted.why)

    def reap(self, now: datetime) -> int:
        """Call those that were claimed long ago and never settled uncertain; returns how many."""
        with self.opened():
            stale = self.rows.filter(sending=Sending.CLAIMED, claimed_at__lt=now - REAP_AFTER)
            return stale.update(
                sending=Sending.UNCERTAIN,
                error="The worker stopped between claiming it and hearing from the mail server.",
            )

    def _retry(self, row_id: int, error: str) -> str:
        with self.opened():
            attempts = self.rows.values_list("attempts", flat=True).get(pk=row_id)
        wait = minutes_to_wait(attempts)
        if wait is None:
            return self._settle(row_id, Sending.FAILED, f"{error} Given up after {attempts} attempts.")
        return self._settle(row_id, Sending.WAITING, error, not_before=timezone.now() + timedelta(minutes=wait))

    def _settle(self, row_id: int, becomes: Sending, error: str = "", **fields: datetime) -> str:
        with self.opened():
            self.rows.settle(row_id, becomes, error=error[:500], **fields)
        return becomes
