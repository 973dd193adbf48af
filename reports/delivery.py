"""Who gets a report and whether they did: composed once, claimed once, sent at most once, and shown whatever happened.

SMTP cannot promise exactly once. What is certain is settled at once; a send whose answer never came is `uncertain`, and stays so
until a person who can see the mail server's log says what became of its message id.
"""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Mail
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone

from clients.local import day_in
from clients.models import Client
from clients.posting import REAP_AFTER, Fate, minutes_to_wait, post
from clients.tenancy import scope

from . import gather, periods, schedule
from .composed import Composed
from .models import Delivery, DeliveryState, Edition, Kind, Recipient, Report, State
from .render import render


def compose(client: Client, report_id: int, now: datetime) -> Report | None:
    """Freeze a planned report: its facts, words and PDF, and one delivery per recipient, all in the open scope's transaction.

    Returns the report, or None when somebody else has it, it is done, or its mails were put off to a later day.
    """
    planned = Report.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "client__practice", "client__lead"
    )
    report = planned.filter(pk=report_id, state=State.PLANNED).first()
    if report is None or (report.mailed and report.due_at > now):
        return None
    if reason := schedule.silence(report):
        report.state, report.error = State.SKIPPED, reason
        report.save(update_fields=["state", "error"])
        return report
    if schedule.missed(report, now):
        report.state = State.MISSED
        report.error = "The worker was not running on its day; nothing was sent."
        report.save(update_fields=["state", "error"])
        return report
    period = report.period
    if report.kind == Kind.PULSE:
        period = periods.told(period, day_in(now, client.zone))
    composed = gather.compose(
        report.client, report.kind, period, now=now, revision=report.revision, label=label_of(report)
    )
    if _says_the_same(report, composed.content_hash):
        report.delete()
        return None
    pdf = render(composed, "pdf")
    Edition.objects.create(
        report=report,
        client=client,
        content=composed.to_json(),
        content_hash=composed.content_hash,
        pdf=pdf,
        composed_at=now,
    )
    if report.mailed:
        recipients = Recipient.objects.on_the_list().filter(client=client)
        Delivery.objects.bulk_create(
            Delivery(client=client, report=report, recipient=r, not_before=now) for r in recipients
        )
    report.state, report.error = State.COMPOSED, ""
    report.save(update_fields=["state", "error"])
    return report


def _says_the_same(report: Report, content_hash: str) -> bool:
    """Whether the revision before it already says this: then there is no correction to make."""
    before = Edition.objects.filter(
        report__client=report.client,
        report__kind=report.kind,
        report__period_start=report.period_start,
        report__period_end=report.period_end,
        report__revision=report.revision - 1,
    )
    return before.filter(content_hash=content_hash).exists()


def deliver(client_id: int, delivery_id: int) -> str:
    """Send one delivery if it is ours to send; returns the state it is in afterwards, or "" when it was not ours."""
    with scope(client_id):
        if not Delivery.objects.claim(delivery_id, timezone.now()):
            return ""
        whole = Delivery.objects.select_related("report__edition", "report__client__practice", "recipient")
        delivery = whole.defer("report__edition__pdf").get(pk=delivery_id)
    # The claim is committed. Whatever kills us from here on leaves it claimed, and the reaper calls it uncertain.
    if delivery.recipient.unsubscribed_at:
        return _settle(delivery, DeliveryState.FAILED, error="Unsubscribed before it was sent.")
    if delivery.recipient.removed_at:
        return _settle(delivery, DeliveryState.FAILED, error="Taken off the list before it was sent.")
    with scope(client_id):
        reason = schedule.silence(delivery.report)
    if reason:
        return _settle(delivery, DeliveryState.FAILED, error=reason)
    if schedule.missed(delivery.report, timezone.now()):
        return _settle(
            delivery, DeliveryState.FAILED, error="The worker was not running on its day; it was not sent late."
        )
    try:
        message = FrozenMail(delivery)
    except Exception as fault:
        # Nothing was sent: whatever is wrong with the words must not look like a mail that may have arrived.
        return _settle(delivery, DeliveryState.FAILED, error=f"The mail could not be written ({type(fault).__name__}).")
    posted = post(message)
    match posted.fate:
        case Fate.SENT:
            return _settle(delivery, DeliveryState.SENT, sent_at=timezone.now())
        case Fate.LATER:
            return _retry(delivery, posted.why)
        case Fate.REFUSED:
            return _settle(delivery, DeliveryState.FAILED, error=posted.why)
        case Fate.UNCERTAIN:
            return _settle(delivery, DeliveryState.UNCERTAIN, error=posted.why)


def reap(now: datetime) -> int:
    """Call what was claimed long ago and never settled uncertain. Needs the client's scope."""
    stale = Delivery.objects.filter(state=DeliveryState.CLAIMED, claimed_at__lt=now - REAP_AFTER)
    return stale.update(
        state=DeliveryState.UNCERTAIN, error="The worker stopped between claiming it and hearing from the mail server."
    )


class FrozenMail(EmailMessage):
    """The mail of a delivery, rendered from the frozen edition; Django's mail backends send it as it is."""

    def __init__(self, delivery: Delivery) -> None:
        practice = delivery.report.client.practice
        super().__init__(from_email=practice.sender_email, to=[delivery.recipient.email])
        composed = Composed.from_json(delivery.report.edition.content)
        self.bytes = render(
            composed,
            "eml",
            recipient=delivery.recipient.email,
            unsubscribe_url=delivery.recipient.unsubscribe_url,
            portal_url=portal_url(delivery.report),
            message_id=delivery.message_id,
        )

    def message(self, **options: Any) -> Mail:
        return message_from_bytes(self.bytes, policy=options.get("policy", policy.SMTP))


def portal_url(report: Report) -> str:
    """Where a report can be read on the web."""
    return str(settings.SITE_URL) + reverse(report.kind, args=[report.client.slug, label_of(report)])


def label_of(report: Report) -> str:
    """A report's period as people write it: 2026-W45 or 2026-10."""
    return periods.label(report.kind, report.period)


def _retry(delivery: Delivery, error: str) -> str:
    wait = minutes_to_wait(delivery.attempts)
    if wait is None:
        return _settle(delivery, DeliveryState.FAILED, error=f"{error} Given up after {delivery.attempts} attempts.")
    return _settle(delivery, DeliveryState.PLANNED, error=error, not_before=timezone.now() + timedelta(minutes=wait))


def _settle(delivery: Delivery, state: str, **fields: Any) -> str:
    fields.setdefault("error", "")
    fields["error"] = fields["error"][:500]
    with scope(delivery.client_id):
        Delivery.objects.settle(delivery.pk, DeliveryState.CLAIMED, state, **fields)
    return state
