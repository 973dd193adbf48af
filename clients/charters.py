"""What happens to a charter: a next version is begun, an executive agrees, somebody says a figure, the quarter is closed."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from django.db import transaction

from .inbox import tell
from .models import AgreedWay, Charter, CharterLink, Client, Role, Target, TargetReading, TargetResult, User
from .tenancy import by_token

MOST_TARGETS = 5
LONGEST_SCOPE, MOST_LINES = 1_500, 20
"""Characters and lines of a scope that fit on one page with the targets."""
VALID = timedelta(days=14)
"""How long a link to agree by works after its mail was sent."""


class Answer(Enum):
    """What became of somebody's agreement."""

    AGREED = "agreed"
    ALREADY = "already"  # this version is agreed, or a later one is written
    CHANGED = "changed"  # it says something else than what they saw
    OVER = "over"  # the link was used, withdrawn or ran out


def fits(scope: str) -> bool:
    """Whether a scope fits on the charter's page."""
    return len(scope) <= LONGEST_SCOPE and scope.count("\n") < MOST_LINES


def digest(text: str) -> str:
    """The SHA-256 of what somebody agrees to, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def agree(
    charter: Charter, text: str, seen: str, *, by: str, way: AgreedWay, now: datetime, sent_by: int | None = None
) -> Answer:
    """Note that somebody agreed to a draft, word for word. `seen` is the digest of what they were shown, `text` what it says now.

    Who looks after the client is told, and `sent_by` (an id), who had asked for it.

    Needs the client's scope. The draft has not to have changed: its `edition` is that of the text.
    """
    if digest(text) != seen:
        return Answer.CHANGED
    with transaction.atomic():
        if Charter.objects.filter(
            client_id=charter.client_id, quarter_start=charter.quarter_start, version__gt=charter.version
        ).exists():
            return Answer.ALREADY
        drafts = Charter.objects.filter(pk=charter.pk, agreed_at=None)
        agreed = drafts.filter(edition=charter.edition).update(
            agreed_at=now, agreed_by=by, agreed_way=way, agreed_text=text, agreed_hash=seen
        )
        if not agreed:
            return Answer.CHANGED if drafts.exists() else Answer.ALREADY
        title = f"The charter of {charter.label} is agreed, by {by}."
        cause, page = f"charter:{charter.pk}", ("charter-quarter", charter.key)
        tell(charter.client_id, cause, title, *page, now=now)
        if sent_by:
            tell(charter.client_id, cause, title, *page, now=now, people=[sent_by])
    return Answer.AGREED


@dataclass(frozen=True)
class FoundLink:
    """What a link to agree by stands for: ids only, read before any scope is open."""

    client_id: int
    link_id: int


def find(token: str) -> FoundLink | None:
    """What a link's token stands for."""
    with by_token(token) as looked_up:
        row = CharterLink.objects.filter(token_digest=looked_up).values_list("client_id", "pk").first()
    return FoundLink(*row) if row else None


def is_open(link: CharterLink, now: datetime) -> bool:
    """Whether a link can still be used."""
    return not (link.used_at or link.withdrawn_at or (link.expires_at and link.expires_at <= now))


def agree_by_link(link: CharterLink, charter: Charter, text: str, seen: str, now: datetime) -> Answer:
    """Agree with a link, which then is used up. Needs the client's scope; where it does not come to it the link stays as it is."""
    with transaction.atomic():
        live = CharterLink.objects.open().filter(pk=link.pk, expires_at__gt=now)
        if not live.update(used_at=now):
            return Answer.OVER
        by = f"{link.name}, {link.email}"
        answer = agree(charter, text, seen, by=by, way=AgreedWay.LINK, now=now, sent_by=link.sent_by_id)
        if answer is not Answer.AGREED:
            transaction.set_rollback(True)
    return answer


def send(charter: Charter, name: str, email: str, by: User, now: datetime) -> CharterLink:
    """Have a draft sent to somebody; links of it that were sent before work no more. A worker writes the mail."""
    with transaction.atomic():
        CharterLink.objects.open().filter(charter=charter).update(withdrawn_at=now)
        return CharterLink.objects.create(
            client_id=charter.client_id,
            charter=charter,
            name=name,
            email=email,
            sent_by=by,
            created_at=now,
            not_before=now,
        )


def withdraw(link: CharterLink, now: datetime) -> bool:
    """Take a link back. False for one that is used or withdrawn."""
    return bool(CharterLink.objects.open().filter(pk=link.pk).update(withdrawn_at=now))


def withdraw_sent_to(email: str, clients: Sequence[Client], now: datetime) -> None:
    """Take back every link of these clients' charters that was sent to an address. Needs their scope."""
    CharterLink.objects.open().filter(client__in=clients, email__iexact=email).update(withdrawn_at=now)


def say(target: Target, value: Decimal, day: date, said_by: str, by: User, now: datetime) -> TargetReading:
    """Note where a target stands, as somebody said."""
    return TargetReading.objects.create(
        client_id=target.client_id,
        target=target,
        value=value,
        day=day,
        said_by=said_by,
        entered_by=by,
        entered_at=now,
    )


def close(charter: Charter, results: Iterable[TargetResult], *, by: str, note: str, now: datetime) -> bool:
    """End an agreed charter with what came of its targets. False for one that is no longer, or not yet, agreed."""
    with transaction.atomic():
        agreed = Charter.objects.filter(pk=charter.pk, agreed_at__isnull=False, closed_at=None)
        if not agreed.update(closed_at=now, closed_by=by, closing_note=note):
            return False
        TargetResult.objects.bulk_create(results)
    return True


def recipients(client: Client) -> list[User]:
    """The executives of a client, whom a charter is usually sent to. Needs the client's scope."""
    return list(
        User.objects.filter(memberships__client=client, memberships__role=Role.EXECUTIVE, is_active=True).order_by(
            "name"
        )
    )
