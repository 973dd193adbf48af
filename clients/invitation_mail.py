"""The mail that invites: written when it is sent, with a link that only the mail holds, and handed over at most once."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import formataddr
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from .invitations import VALID
from .link_mail import LinkMail
from .models import Invitation
from .people import role_word
from .tenancy import practice
from .writing import neutrally


def deliver(practice_id: int, invitation_id: int) -> str:
    """Send one invitation if it is ours to send; returns how its sending stands then, or "" when it was not ours."""

    def write(token: str) -> EmailMessage:
        invitation = Invitation.objects.select_related("practice", "invited_by").get(pk=invitation_id)
        return message(invitation, list(invitation.clients.order_by("name").values_list("name", flat=True)), token)

    return _mails(practice_id).deliver(invitation_id, write)


def reap(practice_id: int, now: datetime) -> int:
    """Call a practice's invitations that were claimed long ago and never settled uncertain; returns how many."""
    return _mails(practice_id).reap(now)


def _mails(practice_id: int) -> LinkMail:
    return LinkMail(Invitation.objects.all(), partial(practice, practice_id), VALID)


@neutrally()
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
