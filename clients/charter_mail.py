"""The mail that asks an executive to agree to a charter: written when it is sent, handed over at most once."""

from datetime import datetime
from email.utils import formataddr
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from .charters import VALID
from .link_mail import LinkMail
from .models import CharterLink
from .tenancy import scope
from .writing import neutrally


def deliver(client_id: int, link_id: int) -> str:
    """Send one link if it is ours to send; returns how its sending stands then, or "" when it was not ours."""

    def write(token: str) -> EmailMessage:
        link = CharterLink.objects.select_related("charter", "client__practice", "sent_by").get(pk=link_id)
        return message(link, token)

    return _mails(client_id).deliver(link_id, write)


def reap(client_id: int, now: datetime) -> int:
    """Call a client's links that were claimed long ago and never settled uncertain; returns how many."""
    return _mails(client_id).reap(now)


@neutrally()
def message(link: CharterLink, token: str) -> EmailMessage:
    """The mail, from the practice's own sender; answers go to who sends it."""
    firm, host = link.client.practice, link.sent_by
    words = render_to_string(
        "clients/charter_mail.txt",
        {
            "link": link,
            "client": link.client,
            "firm": firm,
            "host": host,
            "days": VALID.days,
            "url": settings.SITE_URL + reverse("charter-link", args=[token]),
        },
    )
    return EmailMessage(
        subject=f"{link.client.name}: the charter for {link.charter.label} waits for your agreement",
        body=words,
        from_email=formataddr((firm.sender_name, firm.sender_email)),
        to=[formataddr((link.name, link.email))],
        reply_to=[formataddr((host.label, host.email))],
        headers={"Message-ID": link.message_id, "Auto-Submitted": "auto-generated"},
    )


def _mails(client_id: int) -> LinkMail:
    return LinkMail(CharterLink.objects.all(), partial(scope, client_id), VALID)
