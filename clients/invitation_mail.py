"""The mail that invites: written when it is sent, with a link that only the mail holds, and handed over at most once.

The token is made between the claim and the mail, so no queue and no row ever has it. A worker that dies in between leaves the
invitation claimed; it is called uncertain later, and a person who sends it again sends a new link.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from .invitations import VALID
from .models import Invitation, Sending
from .people import role_word
from .posting import REAP_AFTER, Fate, minutes_to_wait, post
from .tenancy import practice, token_digest


def deliver(practice_id: int, invitation_id: int) -> str:
    """Send one invitation if it is ours to send; returns how its sending stands then, or "" when it was not ours."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    with practice(practice_id):
        if not Invitation.objects.claim(invitation_id, token_digest(token), now, now + VALID):
            return ""
        invitation = Invitation.objects.select_related("practice", "invited_by").get(pk=invitation_id)
        clients = list(invitation.clients.order_by("name").values_list("name", flat=True))
    # The claim is committed: whatever kills us from here on leaves it claimed.
    try:
        mail = message(invitation, clients, token)
    except Exception as fault:
        # Nothing was sent: a fault in the words must not look like a mail that may have arrived.
        return _settle(invitation, Sending.FAILED, error=f"The mail could not be written ({type(fault).__name__}).")
    posted = post(mail)
    match posted.fate:
        case Fate.SENT:
            return _settle(invitation, Sending.SENT, sent_at=timezone.now())
        case Fate.LATER:
            return _retry(invitation, posted.why)
        case Fate.REFUSED:
            return _settle(invitation, Sending.FAILED, error=posted.why)
        case Fate.UNCERTAIN:
            return _settle(invitation, Sending.UNCERTAIN, error=posted.why)


def reap(practice_id: int, now: datetime) -> int:
    """Call a practice's invitations that were claimed long ago and never settled uncertain; returns how many."""
    with practice(practice_id):
        stale = Invitation.objects.filter(sending=Sending.CLAIMED, claimed_at__lt=now - REAP_AFTER)
        return stale.update(
            sending=Sending.UNCERTAIN,
            error="The worker stopped between claiming it and hearing from the mail server.",
        )


def message(invitation: Invitation, clients: Sequence[str], token: str) -> EmailMessage:
    """The mail, from the practice's own sender; answers go to who invites."""
    firm, host = invitation.practice, invitation.invited_by
    words = render_to_string(
        "clients/invitation.txt",
        {
            "host": host.label,
            "firm": firm,
            "role": role_word(firm, invitation.role).lower(),
            "clients": clients,
            "until": invitation.expires_at,
            "url": settings.SITE_URL + reverse("join", args=[token]),
        },
    )
    return EmailMessage(
        subject=f"{host.label} invites you to {firm.name}",
        body=words,
        from_email=formataddr((firm.sender_name, firm.sender_email)),
        to=[invitation.email],
        reply_to=[formataddr((host.label, host.email))],
        headers={"Message-ID": invitation.message_id, "Auto-Submitted": "auto-generated"},
    )


def _retry(invitation: Invitation, error: str) -> str:
    wait = minutes_to_wait(invitation.attempts)
    if wait is None:
        return _settle(invitation, Sending.FAILED, error=f"{error} Given up after {invitation.attempts} attempts.")
    return _settle(invitation, Sending.WAITING, error=error, not_before=timezone.now() + timedelta(minutes=wait))


def _settle(invitation: Invitation, becomes: Sending, *, error: str = "", **fields: datetime) -> str:
    with practice(invitation.practice_id):
        Invitation.objects.settle(invitation.pk, becomes, error=error[:500], **fields)
    return becomes
