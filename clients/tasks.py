"""What workers do on the ground floor: send invitations and charters to agree to, own up to what is uncertain, read feeds, stand in."""

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from . import absences, charter_mail, feed_reading, invitation_mail, posting, retirement_feeds
from .models import Absence, CharterLink, Feed, Invitation, Sending
from .tenancy import PracticeTask, SteppedTenantTask, SystemTask, system

log = structlog.get_logger(__name__)


@shared_task(base=SystemTask, name="clients.send_invitations", reason="asks which practices' invitations are due")
def send_invitations() -> int:
    """Hand on the invitations that wait, and the claims that nobody settled. Returns how many."""
    now = timezone.now()
    with system():
        waiting = Invitation.objects.filter(sending=Sending.WAITING, not_before__lte=now, withdrawn_at=None)
        due = list(waiting.order_by("not_before").values_list("practice_id", "id"))
        claimed = Invitation.objects.filter(sending=Sending.CLAIMED, claimed_at__lt=now - posting.REAP_AFTER)
        stale = set(claimed.order_by("practice_id").values_list("practice_id", flat=True))
    for practice_id, invitation_id in due:
        send_invitation.delay(practice_id=practice_id, invitation_id=invitation_id)
    for practice_id in stale:
        reap_invitations.delay(practice_id=practice_id)
    return len(due) + len(stale)


@shared_task(base=PracticeTask, name="clients.send_invitation")
def send_invitation(*, practice_id: int, invitation_id: int) -> str:
    """Send one invitation, at most once."""
    sending = invitation_mail.deliver(practice_id, invitation_id)
    if sending:
        log.info("invitation", practice_id=practice_id, invitation_id=invitation_id, sending=sending)
    return sending


@shared_task(base=PracticeTask, name="clients.reap_invitations")
def reap_invitations(*, practice_id: int) -> int:
    """Mark one practice's abandoned claims as uncertain."""
    return invitation_mail.reap(practice_id, timezone.now())


@shared_task(base=SystemTask, name="clients.send_charter_links", reason="asks which clients' charters are to be mailed")
def send_charter_links() -> int:
    """Hand on the links to charters that wait, and the claims that nobody settled. Returns how many."""
    now = timezone.now()
    with system():
        waiting = CharterLink.objects.open().filter(sending=Sending.WAITING, not_before__lte=now)
        due = list(waiting.order_by("not_before").values_list("client_id", "id"))
        claimed = CharterLink.objects.filter(sending=Sending.CLAIMED, claimed_at__lt=now - posting.REAP_AFTER)
        stale = set(claimed.order_by("client_id").values_list("client_id", flat=True))
    for client_id, link_id in due:
        send_charter_link.delay(client_id=client_id, link_id=link_id)
    for client_id in stale:
        reap_charter_links.delay(client_id=client_id)
    return len(due) + len(stale)


@shared_task(base=SteppedTenantTask, name="clients.send_charter_link")
def send_charter_link(*, client_id: int, link_id: int) -> str:
    """Send one link to a charter, at most once."""
    sending = charter_mail.deliver(client_id, link_id)
    if sending:
        log.info("charter_link", client_id=client_id, link_id=link_id, sending=sending)
    return sending


@shared_task(base=SteppedTenantTask, name="clients.reap_charter_links")
def reap_charter_links(*, client_id: int) -> int:
    """Mark one client's abandoned claims as uncertain."""
    return charter_mail.reap(client_id, timezone.now())


@shared_task(base=SystemTask, name="clients.stand_in_for_absent", reason="asks which practices have somebody away")
def stand_in_for_absent() -> int:
    """Have the notices of whoever is away handed on, and stand-ins told of a leave that is about to begin. Returns how many practices."""
    with system():
        near = Absence.objects.near(timezone.now()).order_by("practice_id")
        practices = set(near.values_list("practice_id", flat=True))
    for practice_id in practices:
        stand_in.delay(practice_id=practice_id)
    return len(practices)


@shared_task(base=PracticeTask, name="clients.stand_in")
def stand_in(*, practice_id: int) -> int:
    """Hand on one practice's notices; twice is once."""
    return absences.hand_on(practice_id, timezone.now())


@shared_task(base=SystemTask, name="clients.read_feeds", reason="asks which practices' feeds are due")
def read_feeds() -> int:
    """Hand on the feeds that are due. Returns how many."""
    with system():
        due = list(Feed.objects.due(timezone.now()).values_list("practice_id", "id"))
    for practice_id, feed_id in due:
        read_feed.delay(practice_id=practice_id, feed_id=feed_id)
    return len(due)


@shared_task(base=PracticeTask, name="clients.read_feed")
def read_feed(*, practice_id: int, feed_id: int) -> int | None:
    """Read one feed, if it is due."""
    return feed_reading.read(practice_id, feed_id)


@shared_task(
    base=SystemTask, name="clients.read_retirement_feeds", reason="asks which practices' feeds of retirements are due"
)
def read_retirement_feeds() -> int:
    """Hand on the feeds that are due. Returns how many."""
    with system():
        due = retirement_feeds.due_feeds(timezone.now())
    for practice_id, feed_id in due:
        read_retirement_feed.delay(practice_id=practice_id, feed_id=feed_id)
    return len(due)


@shared_task(base=PracticeTask, name="clients.read_retirement_feed")
def read_retirement_feed(*, practice_id: int, feed_id: int) -> str:
    """Read one feed into the calendar, by one worker at a time."""
    became = retirement_feeds.read_feed(practice_id, feed_id)
    log.info("retirement_feed", practice_id=practice_id, feed_id=feed_id, became=became)
    return became


def read_retirement_feed_after_commit(practice_id: int, feed_id: int) -> None:
    """Have a feed read as soon as what the open transaction says of it can be seen by a worker."""
    asked = {"practice_id": practice_id, "feed_id": feed_id}
    transaction.on_commit(lambda: read_retirement_feed.delay(**asked))
